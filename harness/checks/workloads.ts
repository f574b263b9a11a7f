// SPDX-License-Identifier: Apache-2.0
import { AppsV1Api, BatchV1Api, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';

/** Something that is not yet as it was asked for. */
export interface Unsettled {
  /** `namespace/Kind/name` */
  readonly what: string;
  readonly why: string;
  /** Its pods wait for something that does not come by waiting alone (image pull, crash loop ...). */
  readonly hopeless: boolean;
}

/** Waiting reasons that time alone does not cure. */
const HOPELESS = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'CrashLoopBackOff',
  'RunContainerError',
]);

/** Workloads outside `except` that are not available or complete, and why. Empty: all settled. */
export async function unsettledWorkloads(cluster: Cluster, except: readonly string[]): Promise<Unsettled[]> {
  const apps = cluster.config.makeApiClient(AppsV1Api);
  const batch = cluster.config.makeApiClient(BatchV1Api);
  const core = cluster.config.makeApiClient(CoreV1Api);
  const [deployments, statefulSets, daemonSets, jobs, pods] = await Promise.all([
    apps.listDeploymentForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
    batch.listJobForAllNamespaces(),
    core.listPodForAllNamespaces(),
  ]);
  const byOwner = podsByLabels(pods.items);
  const found: Unsettled[] = [];
  const add = (
    kind: string,
    meta: { readonly namespace?: string; readonly name?: string } | undefined,
    labels: Readonly<Record<string, string>> | undefined,
    why: string,
  ): void => {
    const mine = byOwner(meta?.namespace ?? '', labels ?? {});
    const reasons = mine.flatMap(podTroubles);
    found.push({
      what: `${meta?.namespace}/${kind}/${meta?.name}`,
      why: reasons[0]?.text ?? why,
      hopeless: reasons.some(({ hopeless }) => hopeless),
    });
  };
  for (const { metadata, spec, status } of deployments.items) {
    const wanted = spec?.replicas ?? 1;
    const ready = Math.min(status?.availableReplicas ?? 0, status?.updatedReplicas ?? 0);
    if (ready < wanted || (status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
      add('Deployment', metadata, spec?.selector.matchLabels, `${ready} of ${wanted} replicas available`);
    }
  }
  for (const { metadata, spec, status } of statefulSets.items) {
    const wanted = spec?.replicas ?? 1;
    const ready = status?.readyReplicas ?? 0;
    if (ready < wanted)
      add('StatefulSet', metadata, spec?.selector.matchLabels, `${ready} of ${wanted} replicas ready`);
  }
  for (const { metadata, spec, status } of daemonSets.items) {
    const wanted = status?.desiredNumberScheduled ?? 0;
    const ready = status?.numberAvailable ?? 0;
    if (ready < wanted || (status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
      add('DaemonSet', metadata, spec?.selector.matchLabels, `${ready} of ${wanted} pods available`);
    }
  }
  for (const { metadata, spec, status } of jobs.items) {
    if (spec?.suspend === true) continue;
    const failed = status?.conditions?.find(({ type, status: is }) => type === 'Failed' && is === 'True');
    if (failed !== undefined) {
      found.push({
        what: `${metadata?.namespace}/Job/${metadata?.name}`,
        why: `failed: ${failed.reason} ${failed.message}`,
        hopeless: true,
      });
    } else if ((status?.succeeded ?? 0) < (spec?.completions ?? 1)) {
      add('Job', metadata, { 'batch.kubernetes.io/job-name': metadata?.name ?? '' }, 'not complete');
    }
  }
  for (const pod of pods.items) {
    if ((pod.metadata?.ownerReferences ?? []).length > 0) continue;
    const ready =
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
    if (ready || pod.status?.phase === 'Succeeded') continue;
    const reasons = podTroubles(pod);
    found.push({
      what: `${pod.metadata?.namespace}/Pod/${pod.metadata?.name}`,
      why: reasons[0]?.text ?? `phase ${pod.status?.phase ?? 'unknown'}`,
      hopeless: pod.status?.phase === 'Failed' || reasons.some(({ hopeless }) => hopeless),
    });
  }
  return found.filter(({ what }) => !except.includes(what.split('/')[0] ?? ''));
}

function podsByLabels(
  pods: readonly V1Pod[],
): (namespace: string, labels: Readonly<Record<string, string>>) => V1Pod[] {
  return (namespace, labels) =>
    pods.filter(
      ({ metadata }) =>
        metadata?.namespace === namespace &&
        Object.keys(labels).length > 0 &&
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
    );
}

/** What keeps a pod from running, container by container. */
function podTroubles({ metadata, status }: V1Pod): { text: string; hopeless: boolean }[] {
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled !== undefined) {
    return [
      {
        text: `pod ${metadata?.name} is not scheduled: ${unscheduled.message ?? unscheduled.reason}`,
        hopeless: false,
      },
    ];
  }
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(
    ({ name, image, state, ready }) => {
      const waiting = state?.waiting;
      if (waiting?.reason === undefined || waiting.reason === 'PodInitializing') {
        return ready || state?.terminated?.exitCode === 0 || waiting !== undefined
          ? []
          : [{ text: `container ${name} of pod ${metadata?.name} is not ready`, hopeless: false }];
      }
      const message = waiting.message === undefined ? '' : `: ${waiting.message.slice(0, 200)}`;
      return [
        {
          text: `container ${name} of pod ${metadata?.name} (${image}): ${waiting.reason}${message}`,
          hopeless: HOPELESS.has(waiting.reason),
        },
      ];
    },
  );
}
