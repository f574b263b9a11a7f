// SPDX-License-Identifier: Apache-2.0
import type { Event, ObserverId } from '../../harness/core/events.ts';

/** What can be left out: an observer, or both captures of packets at once. */
export const ABLATIONS: Readonly<Record<string, readonly ObserverId[]>> = {
  routes: ['routes'],
  capture: ['cni', 'link'],
  cni: ['cni'],
  link: ['link'],
  sink: ['sink'],
  dns: ['dns'],
  containers: ['containers'],
  pods: ['pods'],
};

/**
 * The log as it would be had these observers not run. Observers only append facts, each of its own, so leaving them out of the
 * log is leaving them out of the run.
 */
export function without(events: readonly Event[], observers: readonly ObserverId[]): Event[] {
  const off = new Set<ObserverId>(observers);
  return events.filter((event) => {
    const from = 'observer' in event ? event.observer : MADE_BY[event.type];
    return from === undefined || !off.has(from);
  });
}

/** Whose facts these are; the others are the harness's own. */
const MADE_BY: Partial<Record<Event['type'], ObserverId>> = {
  task: 'routes',
  container: 'containers',
  pod: 'pods',
  pull: 'pods',
};
