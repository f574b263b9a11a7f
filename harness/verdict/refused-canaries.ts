// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../core/report.ts';

/** Kinds that could not be made, by reason: `ping4, ping6 from node (permission denied)`; null when all could. */
export function refusedCanaries(canaries: Report['canaries']): string | null {
  const refused = canaries.filter(({ result }) => result === 'unavailable');
  if (refused.length === 0) return null;
  return [...Map.groupBy(refused, ({ answer }) => answer ?? 'not said why')]
    .map(
      ([why, all]) =>
        `${distinct(all.map(({ kind }) => kind))} from ${distinct(all.map(({ place }) => place))} (${why})`,
    )
    .join('; ');
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}

/** A limit where some could not be made. */
export function refusedLimits(canaries: Report['canaries']): Report['limits'] {
  const refused = refusedCanaries(canaries);
  if (refused === null) return [];
  const message = `Some kinds of known attempts are not available here, so for them it is not proven that they would be seen: ${refused}. What has no more rights than they have here cannot make such attempts either.`;
  return [{ id: 'canaries-unavailable', message }];
}
