// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { LineSplitter } from '../../../harness/observe/line-splitter.ts';

describe('splitting a stream into lines', () => {
  it('gives the same lines however it is cut, and keeps back the one that is not complete', () => {
    const text = 'erste\nzwéite\n\nvierte ☃\nrest';
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const splitter = new LineSplitter('utf8');
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const lines = bounds
          .slice(1)
          .flatMap((to, index) => splitter.push(bytes.subarray(bounds[index], to)));
        expect(lines).to.deep.equal(text.split('\n').slice(0, -1));
      }),
    );
  });
});
