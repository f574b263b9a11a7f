// SPDX-License-Identifier: Apache-2.0
import type { Capability, ProviderOffer } from '../providers/capabilities.ts';
import { missingObservers } from '../providers/choose-provider.ts';
import { lossOf } from '../verdict/missing.ts';
import type { Screen } from './screen.ts';

const FIRST_COLUMN = 22;

/**
 * Providers across, capabilities down: yes or NO where a provider needs it, `less` where its runs see less without it, a dot where it does not matter; then what was found,
 * and below each NO what mends it. Last a line for each provider.
 */
export function doctorTable(
  capabilities: readonly Capability[],
  offers: readonly ProviderOffer[],
  paint: Screen['paint'],
): string[] {
  const width = Math.max(...offers.map(({ id }) => id.length)) + 2;
  const indent = ' '.repeat(FIRST_COLUMN + width * offers.length);
  return [
    paint('bold', `${' '.repeat(FIRST_COLUMN)}${offers.map(({ id }) => id.padEnd(width)).join('')}`),
    ...capabilities.flatMap(({ id, ok, neededBy, blinds, reason, remedy }) => {
      const cells = offers.map((offer) => {
        if (blinds?.providers.includes(offer.id) === true && !neededBy.includes(offer.id))
          return paint(ok ? 'green' : 'yellow', (ok ? 'yes' : 'less').padEnd(width));
        if (!neededBy.includes(offer.id)) return '·'.padEnd(width);
        return paint(ok ? 'green' : 'red', (ok ? 'yes' : 'NO').padEnd(width));
      });
      // What nobody needs is still worth knowing when it is not there.
      const lost = blinds === undefined ? '' : `, but not ${blinds.observers.join(', ')}`;
      const optional =
        !ok && neededBy.length === 0 ? paint('yellow', `no, a run works without${lost}: `) : '';
      const line = `${id.padEnd(FIRST_COLUMN)}${cells.join('')}${optional}${reason}`;
      return ok || remedy === null ? [line] : [line, `${indent}→ ${remedy}`];
    }),
    '',
    ...offers.flatMap((offer) => {
      const { id, missing } = offer;
      if (missing.length > 0)
        return [
          `${paint('red', id)}: a run does not work here: ${missing.map((capability) => capability.id).join(', ')}`,
        ];
      const without = missingObservers(offer);
      if (without.length === 0) return [`${paint('green', id)}: a run works here`];
      const names = without.map(({ observer }) => observer).join(', ');
      return [
        `${paint('yellow', id)}: a run works here, but without ${names}: NOT READY is proven, READY is not (docs/degrading.md)`,
        ...without.flatMap(({ observer }) => lossOf(observer) ?? []).map((loss) => `    ${loss}`),
      ];
    }),
  ];
}
