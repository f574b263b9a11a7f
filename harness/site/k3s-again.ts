// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';
import { type K3sOptions, startK3s } from './k3s.ts';
import { isRunBySystemd, unitPid } from './k3s-unit.ts';

/** Kubernetes takes ten seconds to come up, and its pods that long again; four times that, times the node's pace. */
const BACK_MS = 90_000;
const LOOK_MS = 250;

/**
 * Kubernetes of a node that has been rebooted: where systemd runs the node it comes back by itself and is waited for, elsewhere it
 * is started again. Resolves when the pods that K3s brings run again: what the API says of them at first is from before. Throws
 * HarnessError when they do not: as startK3s does, and `harness` when the time is over.
 */
export async function comeBack(node: RunningNode, options: K3sOptions): Promise<void> {
  const { signal } = options;
  const deadline = performance.now() + BACK_MS * node.pace;
  const wait = async (what: string, isDone: () => Promise<boolean>): Promise<void> => {
    while (!(await isDone())) {
      if (performance.now() > deadline)
        throw new HarnessError(`node "${node.name}" was restarted, and ${what}`, {
          code: 'harness',
          hint: `read ${options.logFile}`,
        });
      await sleep(LOOK_MS * node.pace, undefined, { signal });
    }
  };
  const { stdout } = await node.exec(['date', '+%s']);
  const since = Number(stdout) * 1000;
  const isRunning = await isRunBySystemd(node);
  if (isRunning) await wait('systemd did not start K3s', async () => (await unitPid(node)) > 0);
  const { config } = await startK3s(node, { ...options, isRunning });
  const api = config.makeApiClient(CoreV1Api);
  await wait('the pods of kube-system do not run again', async () => {
    const list = await api.listNamespacedPod({ namespace: 'kube-system' }).catch(() => null);
    return list !== null && list.items.every((pod) => isOver(pod) || runsSince(pod, since));
  });
}

/** Of a job: it does not come back. */
function isOver({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function runsSince({ status }: V1Pod, since: number): boolean {
  const containers = status?.containerStatuses ?? [];
  return (
    containers.length > 0 &&
    containers.every(({ ready, state }) => ready && (state?.running?.startedAt?.getTime() ?? 0) >= since)
  );
}
