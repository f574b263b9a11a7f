// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { type ErrorCode, HarnessError } from '../core/errors.ts';
import { isPodReady } from '../core/pod-ready.ts';
import type { RunningNode } from '../core/node.ts';
import { type K3sOptions, startK3s } from './k3s.ts';
import { launchK3s } from './k3s-process.ts';
import { isRunBySystemd, unitPid } from './k3s-unit.ts';

/** Pods take ten seconds to come back (netns, two cores); nine times that, times the node's pace. */
const BACK_MS = 90_000;
const LOOK_MS = 250;

/**
 * Cuts the power of a node on which K3s runs, and starts it again. Where systemd runs the node K3s comes back by itself and is waited
 * for; elsewhere it is started as it was, with the files that lie in the node by now. Resolves when the node is Ready, what the API
 * says of pods is from after the restart, and the cluster's DNS has had its time to come back: whether it and every other workload is
 * available is asked by checks.
 *
 * @throws HarnessError as startK3s does when K3s does not come back; `harness` when systemd does not start it, or the kubelet says
 * nothing of its pods
 */
export async function restartK3sNode(node: RunningNode, options: K3sOptions): Promise<void> {
  const { signal } = options;
  const { stdout } = await node.exec(['date', '+%s']);
  const since = Number(stdout) * 1000;
  await node.reboot();
  /** False: its time is over. */
  const comes = async (isDone: () => Promise<boolean>): Promise<boolean> => {
    for (const deadline = performance.now() + BACK_MS * node.pace; ; ) {
      if (await isDone()) return true;
      if (performance.now() > deadline) return false;
      await sleep(LOOK_MS * node.pace, undefined, { signal });
    }
  };
  const fail = (what: string, code: ErrorCode = 'harness'): HarnessError =>
    new HarnessError(`node "${node.name}" was restarted, and ${what}`, {
      code,
      hint: `read ${options.logFile}`,
    });
  if (!(await isRunBySystemd(node))) await launchK3s(node, options.binary);
  else if (!(await comes(async () => (await unitPid(node)) > 0))) throw fail('systemd did not start K3s');
  const { config } = await startK3s(node, { ...options, since, isRunning: true }).catch((error: unknown) => {
    throw error instanceof HarnessError && error.code !== 'interrupted'
      ? fail(error.message, error.code)
      : error;
  });
  const api = config.makeApiClient(CoreV1Api);
  const pods = async (): Promise<readonly V1Pod[] | null> =>
    await api.listPodForAllNamespaces().then(
      ({ items }) => items,
      () => null, // the API server is busy: the deadline tells
    );
  if (!(await comes(async () => (await pods())?.every((pod) => !isFromBefore(pod, since)) ?? false)))
    throw fail('its kubelet says nothing of its pods');
  await comes(async () => (await pods())?.filter(isDns).every(isPodReady) ?? false);
}

/** True where the API still tells of containers that ended with the node. */
export function isFromBefore({ metadata, status }: V1Pod, since: number): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(
    ({ state }) => state?.running !== undefined && (state.running.startedAt?.getTime() ?? 0) <= since,
  );
}

function isDns({ metadata }: V1Pod): boolean {
  return metadata?.namespace === 'kube-system' && metadata.labels?.['k8s-app'] === 'kube-dns';
}
