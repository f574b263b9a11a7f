// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { waitSettled } from '../checks/settle.ts';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import type { NodeService } from '../core/node.ts';
import { makeCluster } from './cluster.ts';
import { dropIns } from './drop-ins.ts';
import { type K3sOptions, startK3s } from './k3s.ts';

const REST_MS = 60_000;
/** K3s may be configured to bring nothing: what has no pod by then brings none. Times the node's pace, as all here. */
const PACKAGED_MS = 10_000;
const LOOK_MS = 200;

/**
 * K3s as the service of a node of that name, for a provider that may have it running already. What lies in the node besides
 * (binary, image archives) is in the node's spec, and changes its key by itself.
 */
export async function k3sService(nodeName: string, options: K3sOptions): Promise<NodeService> {
  const { binary, config, registries, link, installer = null } = options;
  // The drop-ins of one kind of machine stand for those of all: they change together.
  const added = dropIns(link, nodeName, { cgroupV1: true, sysResource: false });
  const parts = [binary, await textOf(config), await textOf(registries), await textOf(installer), added];
  return {
    key: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
    async start(node) {
      const k3s = await startK3s(node, options);
      await comesToRest(makeCluster(node, k3s.config), options.signal);
    },
  };
}

/**
 * A Ready node has not done yet what every cluster does once: service accounts, and the workloads that K3s brings. What is
 * saved before that would do it each time. Throws HarnessError (harness) when it is not done in time.
 */
async function comesToRest(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { name, pace } = cluster.node;
  const until = performance.now() + REST_MS * pace;
  const api = cluster.config.makeApiClient(CoreV1Api);
  const wait = async (ask: () => Promise<boolean>, limitMs: number): Promise<void> => {
    const end = performance.now() + limitMs;
    while (performance.now() < end && !(await ask().catch(() => false))) await sleep(LOOK_MS * pace);
  };
  const namespace = 'kube-system';
  const hasAccounts = async (): Promise<boolean> =>
    (await api.listNamespacedServiceAccount({ namespace: 'default' })).items.length > 0;
  await wait(hasAccounts, REST_MS * pace);
  await wait(async () => (await api.listNamespacedPod({ namespace })).items.length > 0, PACKAGED_MS * pace);
  const deadlineMs = until - performance.now();
  const { unsettled } = await waitSettled(cluster, { signal, deadlineMs, harnessNamespaces: [] });
  if (unsettled.length === 0 && (await hasAccounts())) return;
  const what = unsettled.map((one) => `${one.what}: ${one.why}`).join('; ');
  throw new HarnessError(
    `Kubernetes of node "${name}" does not come to rest: ${what || 'no service account'}`,
    {
      code: 'harness',
      hint: 'on an image of your own: does its network manager take the interfaces of pods (docs/node-image.md)? K3s’s log is k3s.log of this run',
    },
  );
}

async function textOf(path: string | null): Promise<string | null> {
  return path === null ? null : await readFile(path, 'utf8');
}
