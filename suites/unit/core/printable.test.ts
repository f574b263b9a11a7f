// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { clipped } from '../../../harness/core/printable.ts';

describe('clipped', () => {
  it('keeps the beginning and the end of a long message, and the whole of a short one', () => {
    expect(clipped('short', 11)).to.equal('short');
    expect(clipped('0123456789abcdef', 11)).to.equal('0123 … cdef');
    expect(clipped('0123456789abcdef', 12)).to.equal('01234 … cdef');
  });
});
