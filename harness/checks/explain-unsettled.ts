// SPDX-License-Identifier: Apache-2.0
import { type CoreV1Event, CoreV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import { clipped } from '../core/printable.ts';
import type { Unsettled } from './workload-state.ts';

const LONGEST = 300;

/**
 * Adds to what is unsettled for a reason its pods do not tell (a volume that is not mounted, a probe that fails, pods that
 * may not be made) the last warning that the cluster recorded about it.
 */
export async function explainUnsettled(
  cluster: Cluster,
  unsettled: readonly Unsettled[],
): Promise<readonly Unsettled[]> {
  if (unsettled.every(({ hopeless }) => hopeless)) return unsettled;
  const api = cluster.config.makeApiClient(CoreV1Api);
  const { items } = await api.listEventForAllNamespaces({ fieldSelector: 'type=Warning' });
  return unsettled.map((one) => (one.hopeless ? one : withWarning(one, items)));
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
