// SPDX-License-Identifier: Apache-2.0
import type { Facts } from './facts.ts';
import type { Wish } from './wishes.ts';

const MOST_NAMED = 20;

/**
 * Who may have sent frames of which the kernel told no task and whose source address is no pod's: of the node's own network every
 * workload there that had begun by then, of the bridge of the pods every other. A sentence for the remedy; null where the
 * culprit is known.
 */
export function candidatesOf({ culprit, parts }: Wish, facts: Facts): string | null {
  if (culprit.process !== null || culprit.podUid !== null || parts.length === 0) return null;
  if (parts.some(({ sighting }) => sighting.protocol === 'dns')) return null;
  const last = Math.max(...parts.map(({ sighting }) => sighting.at));
  const isOfPods = parts.some(({ sighting }) => sighting.observer === 'cni');
  const owners = new Set<string>();
  for (const { pod, owner, hostNetwork } of facts.pods) {
    const isOurs = facts.run.harnessNamespaces.includes(pod.namespace);
    if (hostNetwork !== isOfPods && !isOurs && facts.pods.firstSeen(pod.uid) <= last)
      owners.add(`${pod.namespace}/${owner.kind}/${owner.name}`);
  }
  const named = [...owners].toSorted();
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more`] : [];
  const others = isOfPods ? [] : ['a process of the node itself', 'a privileged pod'];
  const all = [...named.slice(0, MOST_NAMED), ...more, ...others].join(', ');
  const from = isOfPods
    ? 'It came over the bridge of the pods with a source address that no known pod has, and can be of'
    : 'It came from the node’s own network, where it can be of';
  return all === '' ? null : `The kernel told no process. ${from}: ${all}.`;
}
