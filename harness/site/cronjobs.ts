// SPDX-License-Identifier: Apache-2.0
import { ApiException, BatchV1Api, type V1CronJob, type V1Job } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';

/** Names of Jobs end at 63 characters, because their pods carry them in a label. */
const LONGEST_NAME = 63;
const MOST_TRIES = 20;

/**
 * Starts each CronJob once, as `kubectl create job --from=cronjob/X` does: what is due at night is seen now. Suspended
 * ones stay as they are: their owner says that they do not run. Returns `namespace/name` of the Jobs made.
 */
export async function triggerCronJobs(
  cluster: Cluster,
  { harnessNamespaces }: { readonly harnessNamespaces: readonly string[] },
): Promise<string[]> {
  const api = cluster.config.makeApiClient(BatchV1Api);
  const { items } = await api.listCronJobForAllNamespaces();
  const made: string[] = [];
  for (const cronJob of items) {
    if (cronJob.spec?.suspend === true) continue;
    if (harnessNamespaces.includes(cronJob.metadata?.namespace ?? '')) continue;
    const { metadata } = await createNext(api, cronJob);
    made.push(`${metadata?.namespace}/${metadata?.name}`);
  }
  return made;
}

/** The first number that is free. Throws what the API server answers to anything but a taken name. */
async function createNext(api: BatchV1Api, cronJob: V1CronJob): Promise<V1Job> {
  const namespace = cronJob.metadata?.namespace ?? '';
  for (let number = 1; number <= MOST_TRIES; number += 1) {
    try {
      return await api.createNamespacedJob({ namespace, body: jobOf(cronJob, number) });
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 409) throw error;
    }
  }
  throw new HarnessError(
    `CronJob ${namespace}/${cronJob.metadata?.name} was already started ${MOST_TRIES} times by hand`,
    { code: 'harness' },
  );
}

/** The Job that a CronJob's controller would make, marked as made by hand. */
export function jobOf({ metadata, spec }: V1CronJob, number: number): V1Job {
  const { name = '', namespace = '', uid = '' } = metadata ?? {};
  const suffix = `-airgap-${number}`;
  const template = spec?.jobTemplate;
  return {
    metadata: {
      name: name.slice(0, LONGEST_NAME - suffix.length) + suffix,
      namespace,
      labels: template?.metadata?.labels ?? {},
      annotations: { ...template?.metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  };
}
