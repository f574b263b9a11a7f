// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { sideBySide } from '../../../../infra/setup/lanes.ts';

describe('sideBySide', () => {
  it('gives both results', async () => {
    const both = await sideBySide(
      async () => await Promise.resolve(1),
      async () => await Promise.resolve('two'),
    );
    expect(both).to.deep.equal([1, 'two']);
  });

  it('stops the other one when one fails, waits for its end, and throws what failed first', async () => {
    let ended = false;
    const failure = await sideBySide(
      async (signal) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => setTimeout(resolve, 20));
        await promise;
        ended = true;
        throw new Error('stopped');
      },
      async () => await Promise.reject(new Error('no mirror')),
    ).catch((error: unknown) => error);
    expect(String(failure)).to.equal('Error: no mirror');
    expect(ended).to.equal(true);
  });
});
