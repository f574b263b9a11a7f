// SPDX-License-Identifier: Apache-2.0
import { BatchV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';

/**
 * Starts each CronJob once, as `kubectl create job --from=cronjob/X` does: what is due at night is seen now. Suspended ones stay
 * as they are. Returns `namespace/name` of the Jobs made.
 */
export async function triggerCronJobs(
  cluster: Cluster,
  { harnessNamespaces }: { readonly harnessNamespaces: readonly string[] },
): Promise<string[]> {
  const api = cluster.config.makeApiClient(BatchV1Api);
  const { items } = await api.listCronJobForAllNamespaces();
  const made: string[] = [];
  for (const { metadata, spec } of items) {
    const { name = '', namespace = '', uid = '' } = metadata ?? {};
    if (spec === undefined || spec.suspend === true || harnessNamespaces.includes(namespace)) continue;
    const jobName = `${name.slice(0, 50)}-airgap`; // Job names end at 63 characters
    await api.createNamespacedJob({
      namespace,
      body: {
        metadata: {
          name: jobName,
          namespace,
          labels: spec.jobTemplate.metadata?.labels ?? {},
          annotations: {
            ...spec.jobTemplate.metadata?.annotations,
            'cronjob.kubernetes.io/instantiate': 'manual',
          },
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'CronJob',
              name,
              uid,
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        ...(spec.jobTemplate.spec === undefined ? {} : { spec: spec.jobTemplate.spec }),
      },
    });
    made.push(`${namespace}/${jobName}`);
  }
  return made;
}
