// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { mapLimited } from '../../../harness/core/map-limited.ts';

describe('work with a limit at a time', () => {
  it('keeps the order of the items and never exceeds the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([5, 1, 4, 2, 3], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < n; i += 1) await turn();
      running -= 1;
      return n * 10;
    });
    expect(results).to.deep.equal([50, 10, 40, 20, 30]);
    expect(most).to.equal(2);
  });

  it('nothing to do is done', async () => {
    expect(await mapLimited([], 3, async () => await Promise.reject(new Error('asked')))).to.deep.equal([]);
  });

  it('after a failure nothing new is begun', async () => {
    const begun: number[] = [];
    const reason = await mapLimited([1, 2, 3, 4, 5, 6], 2, async (n) => {
      begun.push(n);
      await turn();
      if (n === 2) throw new Error('two');
      return n;
    }).then(
      () => 'done',
      (error: unknown) => String(error),
    );
    await turn();
    await turn();
    expect(reason).to.equal('Error: two');
    expect(begun).to.have.length.lessThan(5);
  });
});
