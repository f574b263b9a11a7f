// SPDX-License-Identifier: Apache-2.0
import { type CoreV1Event, CoreV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import { clipped } from '../core/printable.ts';
import type { Unsettled } from './workload-state.ts';

const LONGEST = 300;

/**
 * Adds to what is unsettled what those wrote last whose program ended, and where its pods tell no reason (a volume that is not
 * mounted, a probe that fails, pods that may not be made) the last warning that the cluster recorded about it.
 */
export async function explainUnsettled(
  cluster: Cluster,
  unsettled: readonly Unsettled[],
): Promise<readonly Unsettled[]> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const spoken = await Promise.all(unsettled.map(async (one) => await withLastWords(one, api)));
  if (spoken.every(({ hopeless }) => hopeless)) return spoken;
  const { items } = await api.listEventForAllNamespaces({ fieldSelector: 'type=Warning' });
  return spoken.map((one) => (one.hopeless ? one : withWarning(one, items)));
}

/** A program says why it gives up in its last line or the one before. */
const LAST_LINES = 2;

async function withLastWords(one: Unsettled, api: CoreV1Api): Promise<Unsettled> {
  if (one.ended === undefined) return one;
  const { pod: name, ...where } = one.ended;
  // The log may be gone with its container; the evidence says what else there is.
  const log = await api.readNamespacedPodLog({ name, ...where, tailLines: LAST_LINES }).catch(() => '');
  const words = log.trim().split('\n').join(' / ');
  return words === '' ? one : { ...one, why: `${one.why}; it wrote: ${clipped(words, LONGEST)}` };
}

/**
 * Pods, ReplicaSets and Jobs are named after their workload: its name, then at most two generated parts. The kubelet
 * repeats a warning as one event whose time moves on, so the one with the latest time is the one that holds.
 */
export function withWarning(one: Unsettled, warnings: readonly CoreV1Event[]): Unsettled {
  const [namespace, , name = ''] = one.what.split('/');
  const [last] = warnings
    .filter(({ involvedObject }) => involvedObject.namespace === namespace)
    .filter(({ involvedObject }) => isNamedAfter(involvedObject.name ?? '', name))
    .toSorted((a, b) => timeOf(b) - timeOf(a));
  if (last === undefined) return one;
  const message = clipped((last.message ?? '').trim(), LONGEST);
  return { ...one, why: `${one.why}; last warning: ${last.reason}: ${message}` };
}

function isNamedAfter(name: string, workload: string): boolean {
  if (!name.startsWith(workload)) return false;
  return /^(-[a-z0-9]+){0,2}$/.test(name.slice(workload.length));
}

function timeOf({ lastTimestamp, eventTime, metadata }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();
}
