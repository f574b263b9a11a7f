// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { fit, wrap } from '../../../reports/fit.ts';
import { bytes, duration } from '../../../reports/text.ts';

describe('texts for people', () => {
  it('are cut to columns, not letters', () => {
    expect(fit('hello', 5)).to.equal('hello');
    expect(fit('hello!', 5)).to.equal('hell…');
    expect(fit('日本語です', 7)).to.equal('日本語…');
    expect(fit('a\u001b[31mb\nc', 20)).to.equal('a [31mb c');
  });

  it('are broken at blanks, and end with an ellipsis when there is no room', () => {
    expect(wrap('one two three four', 9, 9)).to.deep.equal(['one two', '  three', '  four']);
    expect(wrap('one two three four', 9, 2)).to.deep.equal(['one two', '  three …']);
  });

  for (const [ms, text] of [
    [3.4, '3 ms'],
    [1000, '1.0 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min 00 s'],
    [185_000, '3 min 05 s'],
  ] as const) {
    it(`${ms} ms are ${text}`, () => expect(duration(ms)).to.equal(text));
  }

  it('tell sizes in binary units', () => {
    expect([bytes(640), bytes(1536), bytes(5 * 1024 ** 3)]).to.deep.equal(['640 B', '1.5 KiB', '5.0 GiB']);
  });
});
