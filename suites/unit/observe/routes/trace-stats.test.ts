// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { lostRecords } from '../../../../harness/observe/routes/trace-stats.ts';

function cpu(overrun: number, dropped: number): string {
  return `entries: 7\noverrun: ${overrun}\ncommit overrun: 0\nbytes: 400\noldest event ts:  4987.1\nnow ts:  4990.2\ndropped events: ${dropped}\nread events: 51`;
}

describe('statistics of the ring buffers', () => {
  it('count what was overwritten or dropped, of all CPUs', () => {
    expect(lostRecords([cpu(0, 0), cpu(0, 0)].join('\n'))).to.equal(0);
    expect(lostRecords([cpu(5, 1), cpu(20, 300)].join('\n'))).to.equal(326);
  });
});
