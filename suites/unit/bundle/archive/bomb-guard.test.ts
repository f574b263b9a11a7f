// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { BombGuard } from '../../../../harness/bundle/archive/bomb-guard.ts';

const GIB = 2 ** 30;

describe('the guard against decompression bombs', () => {
  it('lets anything unpack to 1 GiB', () => {
    const guard = new BombGuard();
    guard.packed(1);
    guard.unpacked(GIB);
  });

  it('lets more than that come out of a thousandth of it', () => {
    const guard = new BombGuard();
    for (let i = 0; i < 1000; i += 1) {
      guard.packed(GIB / 1000 + 1);
      guard.unpacked(GIB);
    }
  });

  it('stops what unpacks to more', () => {
    const guard = new BombGuard();
    guard.packed(1000);
    guard.unpacked(GIB);
    expect(() => guard.unpacked(1)).to.throw(
      '1000 compressed bytes unpack to more than 1000 times as many: refused as a decompression bomb',
    );
  });
});
