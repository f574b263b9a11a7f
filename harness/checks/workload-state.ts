// SPDX-License-Identifier: Apache-2.0
import type {
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1LabelSelector,
  V1ObjectMeta,
  V1Pod,
  V1ReplicaSet,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { isPodReady } from '../core/pod-ready.ts';
import { selects } from './label-selector.ts';
import { type EndedContainer, podTroubles } from './pod-trouble.ts';

/** All workloads of a cluster as the API server has them. */
export interface Workloads {
  readonly deployments: readonly V1Deployment[];
  readonly statefulSets: readonly V1StatefulSet[];
  readonly daemonSets: readonly V1DaemonSet[];
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly jobs: readonly V1Job[];
  readonly pods: readonly V1Pod[];
}

/** Something that is not yet as it was asked for. */
export interface Unsettled {
  /** `namespace/Kind/name` */
  readonly what: string;
  readonly why: string;
  /** It waits for something that does not come by waiting alone (image pull, crash loop ...). */
  readonly hopeless: boolean;
  /** The container whose program ended with an error, where that is why. */
  readonly ended?: EndedContainer;
}

interface Named {
  readonly metadata?: V1ObjectMeta;
}

/** Controllers whose own state is asked; a pod of any other is asked itself. */
const ASKED: ReadonlySet<string> = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']);

/** Workloads that are not available or complete, and why. Empty: all settled. */
export function unsettledOf(all: Workloads): Unsettled[] {
  const short = (kind: string, what: Named, selector: V1LabelSelector | undefined, why: string): Unsettled =>
    blamePods(kind, what, selectedPods(all.pods, what.metadata?.namespace, selector), why);
  return [
    ...all.deployments.flatMap((deployment) => {
      const { spec, status } = deployment;
      const wanted = spec?.replicas ?? 1;
      const ready = Math.min(status?.availableReplicas ?? 0, status?.updatedReplicas ?? 0);
      if (ready >= wanted && isObserved(deployment)) return [];
      return short('Deployment', deployment, spec?.selector, `${ready} of ${wanted} replicas available`);
    }),
    ...all.statefulSets.flatMap((set) => {
      const { spec, status } = set;
      const wanted = spec?.replicas ?? 1;
      const ready = status?.readyReplicas ?? 0;
      if (ready >= wanted && isObserved(set)) return [];
      return short('StatefulSet', set, spec?.selector, `${ready} of ${wanted} replicas ready`);
    }),
    ...all.daemonSets.flatMap((set) => {
      const wanted = set.status?.desiredNumberScheduled ?? 0;
      const ready = set.status?.numberAvailable ?? 0;
      if (ready >= wanted && isObserved(set)) return [];
      return short('DaemonSet', set, set.spec?.selector, `${ready} of ${wanted} pods available`);
    }),
    ...all.replicaSets.flatMap((set) => {
      if (controllerOf(set) !== undefined) return []; // its Deployment was asked
      const wanted = set.spec?.replicas ?? 1;
      const ready = set.status?.availableReplicas ?? 0;
      if (ready >= wanted && isObserved(set)) return [];
      return short('ReplicaSet', set, set.spec?.selector, `${ready} of ${wanted} replicas available`);
    }),
    ...all.jobs.flatMap((job) => unsettledJob(job, all.pods)),
    ...all.pods.flatMap((pod) => (ASKED.has(controllerOf(pod)?.kind ?? '') ? [] : unsettledPod(pod))),
  ];
}

function unsettledJob(job: V1Job, pods: readonly V1Pod[]): Unsettled[] {
  const { metadata, spec, status } = job;
  if (spec?.suspend === true && !isOfHelmController(job)) return [];
  const is = (type: string): { reason?: string; message?: string } | undefined =>
    status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
  if (is('Complete') !== undefined) return [];
  const mine = pods.filter((pod) => controllerOf(pod)?.uid === metadata?.uid);
  const failed = is('Failed');
  if (failed !== undefined) {
    const why = `failed: ${failed.reason ?? ''} ${failed.message ?? ''}`.trimEnd();
    return [{ ...blamePods('Job', job, mine, why), hopeless: true }];
  }
  return [blamePods('Job', job, mine, `${status?.succeeded ?? 0} of ${spec?.completions ?? 1} completed`)];
}

/** K3s's helm-controller makes its jobs suspended, and lets them go itself within moments. */
function isOfHelmController({ metadata }: Named): boolean {
  return metadata?.labels?.['helmcharts.helm.cattle.io/chart'] !== undefined;
}

function unsettledPod(pod: V1Pod): Unsettled[] {
  const { status } = pod;
  if (isPodReady(pod) || status?.phase === 'Succeeded') return [];
  const found = blamePods('Pod', pod, [pod], `phase ${status?.phase ?? 'unknown'}`);
  return [{ ...found, hopeless: found.hopeless || status?.phase === 'Failed' }];
}

/** What its pods tell, else `why`. */
function blamePods(kind: string, object: Named, pods: readonly V1Pod[], why: string): Unsettled {
  const troubles = pods.flatMap(podTroubles);
  const [told] = troubles.toSorted((a, b) => Number(b.hopeless) - Number(a.hopeless));
  return {
    what: nameOf(kind, object),
    why: told === undefined ? why : `${why}: ${told.text}`,
    hopeless: told?.hopeless ?? false,
    ...(told?.ended === undefined ? {} : { ended: told.ended }),
  };
}

function selectedPods(
  pods: readonly V1Pod[],
  namespace: string | undefined,
  selector: V1LabelSelector = {},
): V1Pod[] {
  return pods.filter(
    ({ metadata }) => metadata?.namespace === namespace && selects(selector, metadata?.labels ?? {}),
  );
}

/** Whether the status is about the object as it is now. */
function isObserved({
  metadata,
  status,
}: Named & { readonly status?: { readonly observedGeneration?: number } }): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

function controllerOf({ metadata }: Named): { readonly kind: string; readonly uid: string } | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

function nameOf(kind: string, { metadata }: Named): string {
  return `${metadata?.namespace}/${kind}/${metadata?.name}`;
}
