// SPDX-License-Identifier: Apache-2.0
import { farEngine } from '../core/far-engine.ts';
import { rootless } from '../core/rootless.ts';
import { offersOf, probeFor, type ProviderOffer } from './capabilities.ts';
import {
  chooseProvider,
  noProvider,
  type ProviderChoice,
  type ProviderNeeds,
  requireProvider,
} from './choose-provider.ts';
import { PROVIDERS, type ProviderId } from './provider.ts';

/**
 * Asks this machine which providers it can offer, and no more of it than is needed: one that is slow to ask is asked only
 * when those before it will not do.
 *
 * @param wanted names in the order asked for; `auto`: the first that will do
 * @returns one choice for `auto`, else one for each name
 * @throws HarnessError (setup, usage) as chooseProvider's companions, before anything is started
 */
export async function findProviders(
  wanted: readonly ProviderId[] | 'auto',
  needs: ProviderNeeds,
): Promise<readonly ProviderChoice[]> {
  if (wanted !== 'auto') {
    const offers = offersOf(await probeFor(wanted), wanted);
    return offers.map((offer) => withPlace(requireProvider(needs, offer)));
  }
  const offers: ProviderOffer[] = [];
  for (const id of PROVIDERS) {
    offers.push(...offersOf(await probeFor([id]), [id]));
    const choice = chooseProvider(needs, offers);
    if (choice !== null) return [withPlace(choice)];
  }
  throw noProvider(needs, offers);
}

/** Says where the harness is, if that is not this machine as it was called. */
function withPlace(choice: ProviderChoice): ProviderChoice {
  const [outside, far] = [rootless(), farEngine()];
  if (outside !== null)
    return {
      ...choice,
      why: `${choice.why}; without root: as user ${outside.uid}, in namespaces of its own`,
    };
  if (far !== null) return { ...choice, why: `${choice.why}; on the machine of the engine, ${far.machine}` };
  return choice;
}
