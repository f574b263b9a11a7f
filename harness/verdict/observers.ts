// SPDX-License-Identifier: Apache-2.0
import type { ObserverId } from '../core/events.ts';
import { OBSERVERS } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import type { Facts } from './facts.ts';

interface Count {
  received: number;
  lost: number | 'unknown';
}

/** Each observer that was required or that reported: what it received and lost, over all nodes. */
export function summariseObservers(facts: Facts): Report['observers'] {
  // Counts only grow, so the last of each node is the node's; a loss that could not be told stays untold.
  const byNode = new Map<ObserverId, Map<string, Count>>();
  for (const { observer, node, received, lost } of facts.health) {
    const nodes = byNode.get(observer) ?? new Map<string, Count>();
    byNode.set(observer, nodes);
    const count = nodes.get(node ?? '') ?? { received: 0, lost: 0 };
    nodes.set(node ?? '', {
      received: Math.max(count.received, received),
      lost: count.lost === 'unknown' || lost === 'unknown' ? 'unknown' : Math.max(count.lost, lost),
    });
  }
  const died = new Set(facts.faults.flatMap(({ source }) => observersNamedIn(source)));
  const required = new Set(facts.run.observers);
  const missing = new Set((facts.run.missing ?? []).map(({ observer }) => observer));
  const known = (id: ObserverId): boolean =>
    required.has(id) || byNode.has(id) || died.has(id) || missing.has(id);
  return OBSERVERS.filter(known).map((id) => {
    const counts = [...(byNode.get(id)?.values() ?? [])];
    const received = counts.reduce((total, count) => total + count.received, 0);
    const lost = counts.reduce<number | 'unknown'>(
      (total, count) => (total === 'unknown' || count.lost === 'unknown' ? 'unknown' : total + count.lost),
      0,
    );
    const heard = counts.length === 0 ? 'absent' : lost === 0 ? 'ok' : 'lost-events';
    const status = died.has(id) ? 'died' : missing.has(id) ? 'missing' : heard;
    return { id, required: required.has(id), received, lost, status };
  });
}

/** A fault's source is the observer's name, alone or as the last part of a path: `routes`, `observe/routes`. */
function observersNamedIn(source: string): ObserverId[] {
  const last = source.split(/[/:. ]/).at(-1);
  return OBSERVERS.filter((id) => id === source || id === last);
}
