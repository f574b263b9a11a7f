// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { CheckContext, Cluster } from '../core/cluster.ts';

/** A container that was started more than once. */
export interface Restarted {
  /** Pod uid and container name. */
  readonly key: string;
  readonly count: number;
  /** Which, how often, and how it ended the last time. */
  readonly text: string;
}

/** Pods start in no order, and one that ends because another is not up yet is how Kubernetes waits: those restarts are known here. */
const whileStarting = new WeakMap<Cluster, ReadonlyMap<string, number>>();

/** From now on `restartsSince` leaves out what was restarted so far. */
export async function rememberRestarts(context: CheckContext): Promise<void> {
  const restarted = await readRestarts(context);
  whileStarting.set(context.cluster, new Map(restarted.map(({ key, count }) => [key, count])));
}

/** Containers that were restarted since `rememberRestarts` (ever, when it was not called), and those only before it. */
export async function restartsSince(
  context: CheckContext,
): Promise<{ readonly since: readonly Restarted[]; readonly before: readonly Restarted[] }> {
  const known = whileStarting.get(context.cluster) ?? new Map<string, number>();
  const all = await readRestarts(context);
  return {
    since: all.filter(({ key, count }) => count > (known.get(key) ?? 0)),
    before: all.filter(({ key, count }) => count <= (known.get(key) ?? 0)),
  };
}

async function readRestarts({ cluster, helper }: CheckContext): Promise<Restarted[]> {
  const { items } = await cluster.config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
  return items.filter(({ metadata }) => metadata?.namespace !== helper.namespace).flatMap(restartsOf);
}

/** Containers of one pod that were started more than once. */
export function restartsOf({ metadata, status }: V1Pod): Restarted[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .filter(({ restartCount }) => restartCount > 0)
    .map(({ name, restartCount, state, lastState }) => {
      const ended = lastState?.terminated ?? state?.terminated;
      const how =
        ended === undefined
          ? 'it is not known how it ended'
          : `exit code ${ended.exitCode} (${ended.reason})`;
      return {
        key: `${metadata?.uid}/${name}`,
        count: restartCount,
        text: `${metadata?.namespace}/${metadata?.name} container ${name}: ${restartCount} restart(s), last: ${how}`,
      };
    });
}
