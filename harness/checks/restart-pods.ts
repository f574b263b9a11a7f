// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { CheckContext } from '../core/cluster.ts';
import { type Settled, waitSettled } from './settle.ts';

const DEADLINE_MS = 120_000;
const STUCK_MS = 10_000;
const POLL_MS = 200;
/** A pod that needs longer to end is killed: it is asked whether pods come back, not whether they end nicely. */
const GRACE_SECONDS = 1;

/** Of a Job's pods only those that failed would come back, and nothing brings back a pod that no controller owns. */
const COME_BACK: ReadonlySet<string> = new Set([
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
]);

/** True for a pod that its controller makes again. */
export function comesBack({ metadata }: V1Pod): boolean {
  return (
    metadata?.ownerReferences?.some(({ kind, controller }) => controller === true && COME_BACK.has(kind)) ??
    false
  );
}

/** All pods but the harness's own. */
export async function bundlePods({ cluster, helper }: CheckContext): Promise<V1Pod[]> {
  const { items } = await cluster.config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
  return items.filter(({ metadata }) => metadata?.namespace !== helper.namespace);
}

/**
 * Deletes pods and waits until they are gone and all workloads are settled again. Returns what is not; null when the pods were
 * still there after the deadline (`deadlineMs`).
 */
export async function restartPods(
  context: CheckContext,
  pods: readonly V1Pod[],
): Promise<{ readonly settled: Settled | null; readonly deadlineMs: number }> {
  const { cluster, helper, signal } = context;
  const api = cluster.config.makeApiClient(CoreV1Api);
  await Promise.all(pods.map(async (pod) => await deletePod(api, pod)));
  const deadlineMs = DEADLINE_MS * cluster.node.pace;
  const uids = new Set(pods.map(({ metadata }) => metadata?.uid));
  const until = performance.now() + deadlineMs;
  while ((await bundlePods(context)).some(({ metadata }) => uids.has(metadata?.uid))) {
    signal.throwIfAborted();
    if (performance.now() > until) return { settled: null, deadlineMs };
    await sleep(POLL_MS * cluster.node.pace);
  }
  const harnessNamespaces = [helper.namespace];
  const wait = { signal, deadlineMs, harnessNamespaces, stuckMs: STUCK_MS };
  return { settled: await waitSettled(cluster, wait), deadlineMs };
}

async function deletePod(api: CoreV1Api, { metadata }: V1Pod): Promise<void> {
  const { name = '', namespace = '' } = metadata ?? {};
  try {
    await api.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: GRACE_SECONDS });
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 404) throw error; // its controller was faster
  }
}
