// SPDX-License-Identifier: Apache-2.0
import { PROVIDERS, type ProviderId } from '../../../harness/providers/provider.ts';
import { needsProvider } from '../support/needs.ts';

/**
 * States promises once, for every provider: a suite for each that this machine can offer, a loud skip with the reason for
 * each other one.
 */
export function forEachProvider(title: string, promises: (provider: ProviderId) => void): void {
  for (const provider of PROVIDERS) {
    describe(`${title}, made by the provider ${provider}`, () => {
      before(async function () {
        await needsProvider(this, provider);
      });
      promises(provider);
    });
  }
}
