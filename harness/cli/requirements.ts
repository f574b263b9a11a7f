// SPDX-License-Identifier: Apache-2.0
import type { ObserverId } from '../core/events.ts';

/** What `--require` can ask for. */
export const REQUIREMENTS = ['attribution', 'observers'] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/**
 * Observers without which a run is not to begin. `attribution`: processes are known, which the trace of the routing alone tells;
 * and pods, from their bridge. `observers`: all that the plan has.
 */
export function requiredObservers(
  requirements: readonly Requirement[],
  planned: readonly ObserverId[],
): readonly ObserverId[] {
  if (requirements.includes('observers')) return planned;
  return requirements.includes('attribution') ? ['routes', 'cni'] : [];
}
