// SPDX-License-Identifier: Apache-2.0
import type { Capability, ProviderOffer } from '../providers/capabilities.ts';
import type { Screen } from './screen.ts';

const FIRST_COLUMN = 22;

/**
 * Providers across, capabilities down: yes or NO where a provider needs it, a dot where it does not; then what was found,
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
    ...capabilities.flatMap(({ id, ok, neededBy, reason, remedy }) => {
      const cells = offers.map((offer) => {
        if (!neededBy.includes(offer.id)) return '·'.padEnd(width);
        return paint(ok ? 'green' : 'red', (ok ? 'yes' : 'NO').padEnd(width));
      });
      // What nobody needs is still worth knowing when it is not there.
      const optional = !ok && neededBy.length === 0 ? paint('yellow', 'no, a run works without: ') : '';
      const line = `${id.padEnd(FIRST_COLUMN)}${cells.join('')}${optional}${reason}`;
      return ok || remedy === null ? [line] : [line, `${indent}→ ${remedy}`];
    }),
    '',
    ...offers.map(({ id, missing }) =>
      missing.length === 0
        ? `${paint('green', id)}: a run works here`
        : `${paint('red', id)}: a run does not work here: ${missing.map((capability) => capability.id).join(', ')}`,
    ),
  ];
}
