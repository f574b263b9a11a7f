// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { parseQuantityMiB } from '../../../harness/bundle/quantity.ts';

describe('a quantity of memory', () => {
  for (const [quantity, mib] of [
    ['2Gi', 2048],
    ['512Mi', 512],
    ['1.5Gi', 1536],
    ['1G', 954],
    ['1048577', 2],
    [1048576, 1],
    ['1Ti', 1048576],
    ['lots', null],
    ['1GiB', null],
    ['-1Gi', null],
    ['', null],
    ['1e3', null],
  ] as const) {
    it(`${JSON.stringify(quantity)} is ${mib === null ? 'none' : `${mib} MiB`}`, () => {
      expect(parseQuantityMiB(quantity)).to.equal(mib);
    });
  }
});
