// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, type V1PersistentVolumeClaim, type V1Pod } from '@kubernetes/client-node';
import type { Check, CheckContext } from '../core/cluster.ts';
import { nothingToAsk, verdictOf } from './listing.ts';
import { tryStorageClass } from './volume-trial.ts';

export const volumes: Check = {
  id: 'volumes',
  title: 'what is written to a volume is there when its pod has moved',
  phase: 'exercise',
  async run(context) {
    const { count, problems, classes } = await readClaims(context);
    if (count === 0) return nothingToAsk('there is no PersistentVolumeClaim');
    for (const storageClass of classes) {
      const wrong = await tryStorageClass(context, storageClass);
      if (wrong !== null) problems.push(`StorageClass ${storageClass}: ${wrong}`);
    }
    const tried = classes.length === 0 ? '' : `; a volume of each of ${classes.join(', ')} kept its data`;
    return verdictOf(problems, `${count} claim(s) have their volume or wait for a pod${tried}`);
  },
};

/** The claims of the bundle: how many, what is wrong with them, and their StorageClasses, each once. */
export async function readClaims({ cluster, helper }: CheckContext): Promise<{
  readonly count: number;
  readonly problems: string[];
  readonly classes: readonly string[];
}> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const claims = (await api.listPersistentVolumeClaimForAllNamespaces()).items.filter(
    ({ metadata }) => metadata?.namespace !== helper.namespace,
  );
  const pods = claims.length === 0 ? [] : (await api.listPodForAllNamespaces()).items;
  return {
    count: claims.length,
    problems: claims.flatMap((claim) => unbound(claim, pods) ?? []),
    classes: [...new Set(claims.flatMap(({ spec }) => spec?.storageClassName || []))],
  };
}

/** What is wrong with a claim that a pod needs; a class may leave one without a pod unbound. */
function unbound({ metadata, status }: V1PersistentVolumeClaim, pods: readonly V1Pod[]): string | null {
  if (status?.phase === 'Bound') return null;
  const isUsed = pods.some(
    (pod) =>
      pod.metadata?.namespace === metadata?.namespace &&
      pod.spec?.volumes?.some(({ persistentVolumeClaim: used }) => used?.claimName === metadata?.name),
  );
  if (!isUsed && status?.phase === 'Pending') return null;
  return `PersistentVolumeClaim ${metadata?.namespace}/${metadata?.name} is ${status?.phase ?? 'not bound'}`;
}
