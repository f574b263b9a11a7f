// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { listed, verdictOf } from './listing.ts';
import { type Restarted, restartsOf } from './restarts.ts';
import { waitSettled } from './settle.ts';
import { unsettledWorkloads } from './workloads.ts';

const DEADLINE_MS = 120_000;
const STUCK_MS = 10_000;
const POLL_MS = 200;
/** A pod that needs longer to end is killed: this check asks whether pods come back, not whether they end nicely. */
const GRACE_SECONDS = 1;

/** Of a Job's pods only those that failed would come back, and nothing brings back a pod that no controller owns. */
const COME_BACK: ReadonlySet<string> = new Set([
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
]);

export const podsComeBack: Check = {
  id: 'pods-come-back',
  title: 'all pods are deleted and come back',
  phase: 'restart',
  async run({ cluster, helper, signal }) {
    const api = cluster.config.makeApiClient(CoreV1Api);
    const listPods = async (): Promise<V1Pod[]> =>
      (await api.listPodForAllNamespaces()).items.filter(
        ({ metadata }) => metadata?.namespace !== helper.namespace,
      );
    const harnessNamespaces = [helper.namespace];
    const before = new Set((await unsettledWorkloads(cluster, harnessNamespaces)).map(({ what }) => what));
    const pods = await listPods();
    const [deleted, lonely] = [pods.filter(comesBack), pods.filter(isLonely)];
    await Promise.all(deleted.map(async (pod) => await deletePod(api, pod)));

    const deadlineMs = DEADLINE_MS * cluster.node.pace;
    const uids = new Set(deleted.map(({ metadata }) => metadata?.uid));
    const until = performance.now() + deadlineMs;
    while ((await listPods()).some(({ metadata }) => uids.has(metadata?.uid))) {
      signal.throwIfAborted();
      if (performance.now() > until)
        return verdictOf([`pods that were deleted are still there after ${deadlineMs / 1000} s`], '');
      await sleep(POLL_MS);
    }
    const wait = { signal, deadlineMs, harnessNamespaces, stuckMs: STUCK_MS * cluster.node.pace };
    const { unsettled } = await waitSettled(cluster, wait);
    const restarted = (await listPods()).filter(comesBack).flatMap(restartsOf);
    return verdictOf(
      unsettled.map(
        ({ what, why }) => `${what}${before.has(what) ? ' (was not available before either)' : ''}: ${why}`,
      ),
      `${deleted.length} pod(s) deleted, all are back${listed('; restarted while they came up', texts(restarted))}${listed('; not deleted, because nothing would bring them back', lonely.map(nameOf))}`,
    );
  },
};

function texts(restarted: readonly Restarted[]): string[] {
  return restarted.map(({ text }) => text);
}

function comesBack({ metadata }: V1Pod): boolean {
  return (
    metadata?.ownerReferences?.some(({ kind, controller }) => controller === true && COME_BACK.has(kind)) ??
    false
  );
}

/** No controller owns it. */
function isLonely({ metadata }: V1Pod): boolean {
  return !(metadata?.ownerReferences ?? []).some(({ controller }) => controller === true);
}

function nameOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

async function deletePod(api: CoreV1Api, { metadata }: V1Pod): Promise<void> {
  const { name = '', namespace = '' } = metadata ?? {};
  try {
    await api.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: GRACE_SECONDS });
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 404) throw error; // its controller was faster
  }
}
