// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';
import { waitSettled } from './settle.ts';
import { unsettledWorkloads } from './workloads.ts';

const DEADLINE_MS = 120_000;

/** Jobs ran; a pod without a controller does not come back by itself. */
const CONTROLLERS = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController']);

export const podsComeBack: Check = {
  id: 'pods-come-back',
  title: 'all pods are deleted and come back',
  phase: 'restart',
  async run({ cluster, helper, signal }) {
    const api = cluster.config.makeApiClient(CoreV1Api);
    const except = [helper.namespace];
    const before = new Set((await unsettledWorkloads(cluster, except)).map(({ what }) => what));
    const { items } = await api.listPodForAllNamespaces();
    const pods = items.filter(
      ({ metadata }) =>
        !except.includes(metadata?.namespace ?? '') &&
        metadata?.ownerReferences?.some(
          ({ kind, controller }) => controller === true && CONTROLLERS.has(kind),
        ),
    );
    await Promise.all(
      pods.map(async ({ metadata }) => {
        await api.deleteNamespacedPod({
          name: metadata?.name ?? '',
          namespace: metadata?.namespace ?? '',
          gracePeriodSeconds: 1,
        });
      }),
    );
    const gone = new Set(pods.map(({ metadata }) => metadata?.uid));
    const until = performance.now() + DEADLINE_MS;
    while (performance.now() < until && !signal.aborted) {
      const now = await api.listPodForAllNamespaces();
      if (!now.items.some(({ metadata }) => gone.has(metadata?.uid))) break;
      await sleep(200);
    }
    const { unsettled } = await waitSettled(cluster, {
      signal,
      deadlineMs: DEADLINE_MS,
      harnessNamespaces: except,
      stuckMs: 10_000,
    });
    const problems = unsettled.map(
      ({ what, why }) => `${what}${before.has(what) ? ' (was not available before either)' : ''}: ${why}`,
    );
    return verdictOf(problems, `${pods.length} pod(s) deleted, all are back`);
  },
};
