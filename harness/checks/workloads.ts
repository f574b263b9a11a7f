// SPDX-License-Identifier: Apache-2.0
import { AppsV1Api, BatchV1Api, CoreV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import { type Unsettled, unsettledOf } from './workload-state.ts';

/** Workloads outside the namespaces `except` that are not available or complete, and why. Empty: all settled. */
export async function unsettledWorkloads(cluster: Cluster, except: readonly string[]): Promise<Unsettled[]> {
  const apps = cluster.config.makeApiClient(AppsV1Api);
  const batch = cluster.config.makeApiClient(BatchV1Api);
  const core = cluster.config.makeApiClient(CoreV1Api);
  const [deployments, statefulSets, daemonSets, replicaSets, jobs, pods] = await Promise.all([
    apps.listDeploymentForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
    apps.listReplicaSetForAllNamespaces(),
    batch.listJobForAllNamespaces(),
    core.listPodForAllNamespaces(),
  ]);
  const found = unsettledOf({
    deployments: deployments.items,
    statefulSets: statefulSets.items,
    daemonSets: daemonSets.items,
    replicaSets: replicaSets.items,
    jobs: jobs.items,
    pods: pods.items,
  });
  return found.filter(({ what }) => !except.includes(what.split('/')[0] ?? ''));
}
