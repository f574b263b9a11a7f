// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { reasonLines } from '../../../harness/cli/mocha-face.ts';

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}`);

describe('what a test that failed says', () => {
  it('is its message; of a long one the first line and the end, where a log says what happened', () => {
    expect(reasonLines(new Error(numbered(6).join('\n')))).to.deep.equal(numbered(6));
    expect(reasonLines(new Error(numbered(20).join('\n')))).to.deep.equal([
      'line 1',
      '    [15 more]',
      ...numbered(20).slice(-4),
    ]);
  });

  it('is the list that was to be empty; of a long one the beginning', () => {
    const found = (list: readonly string[]): string[] =>
      reasonLines(Object.assign(new Error('expected [ … ] to deeply equal []'), { actual: list }));
    expect(found(['a', 'b'])).to.deep.equal(['a', 'b']);
    expect(found(numbered(8))).to.deep.equal([...numbered(5), '    [3 more]']);
  });
});
