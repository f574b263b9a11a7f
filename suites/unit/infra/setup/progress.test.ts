// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { elapsed, Progress } from '../../../../infra/setup/progress.ts';

describe('Progress', () => {
  it('writes times as people read them', () => {
    expect([0, 449, 59_940, 61_000, 372_900].map(elapsed)).to.deep.equal([
      '0.0 s',
      '0.4 s',
      '59.9 s',
      '1 min 01 s',
      '6 min 12 s',
    ]);
  });

  it('prints one line for a step when it ends, also when it fails, and lets the error through', async () => {
    const written: string[] = [];
    using progress = new Progress({ isTty: false, columns: 80, write: (text) => written.push(text) });
    expect(await progress.step('go', async () => await Promise.resolve([7, 'go1.26.8']))).to.equal(7);
    const failure = await progress
      .step('k3s', async () => await Promise.reject(new Error('no compiler')))
      .catch((error: unknown) => error);
    expect(String(failure)).to.equal('Error: no compiler');
    expect(written.map((line) => line.replace(/ +/g, ' '))).to.deep.equal([
      ' go go1.26.8 0.0 s\n',
      ' k3s FAILED 0.0 s\n',
    ]);
  });
});
