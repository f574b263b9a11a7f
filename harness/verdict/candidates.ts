// SPDX-License-Identifier: Apache-2.0
import type { Facts } from './facts.ts';
import type { Wish } from './wishes.ts';

const MOST_NAMED = 20;

/**
 * Who may have sent frames of which the kernel told no task: of the node's own network, every workload there that had begun by
 * then. A sentence for the remedy; null where the culprit is known, or another pod's address says more.
 */
export function candidatesOf({ culprit, parts }: Wish, facts: Facts): string | null {
  if (culprit.process !== null || culprit.podUid !== null || parts.length === 0) return null;
  if (parts.some(({ sighting }) => sighting.observer === 'cni' || sighting.protocol === 'dns')) return null;
  const last = Math.max(...parts.map(({ sighting }) => sighting.at));
  const owners = new Set<string>();
  for (const { pod, owner, hostNetwork } of facts.pods) {
    const isOurs = facts.run.harnessNamespaces.includes(pod.namespace);
    if (hostNetwork && !isOurs && facts.pods.firstSeen(pod.uid) <= last)
      owners.add(`${pod.namespace}/${owner.kind}/${owner.name}`);
  }
  const named = [...owners].toSorted();
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more`] : [];
  const all = [...named.slice(0, MOST_NAMED), ...more, 'a process of the node itself', 'a privileged pod'];
  return `The kernel told no process. It came from the node’s own network, where it can be of: ${all.join(', ')}.`;
}
