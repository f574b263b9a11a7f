// SPDX-License-Identifier: Apache-2.0
import type { V1Container, V1EphemeralContainer, V1Pod } from '@kubernetes/client-node';
import type { EventBody, OwnerRef, PodContainer, PodRef } from '../../core/events.ts';
import type { PullBody } from './pull-facts.ts';

type PodBody = Extract<EventBody, { type: 'pod' }>;

/** Waiting reasons that say the kubelet asked a registry (kubelet's images package). ErrImageNeverPull did not. */
const PULL_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/** Null for an object without a uid: it was never stored. */
export function podRefOf({ metadata }: V1Pod): PodRef | null {
  const { uid, name, namespace } = metadata ?? {};
  return uid === undefined || name === undefined ? null : { namespace: namespace ?? 'default', name, uid };
}

/** The kubelet's annotation of a static pod's mirror: a hash that serves as the uid of the pod itself. */
const MIRROR = 'kubernetes.io/config.mirror';

/** Null: it is no mirror of a static pod. */
export function staticUidOf(metadata: V1Pod['metadata']): string | null {
  return metadata?.annotations?.[MIRROR] ?? null;
}

export function podFacts(pod: V1Pod, ref: PodRef, owner: OwnerRef): PodBody {
  const { spec, status } = pod;
  const staticUid = staticUidOf(pod.metadata);
  const ips = status?.podIPs?.map(({ ip }) => ip) ?? [];
  return {
    type: 'pod',
    pod: ref,
    ...(staticUid === null ? {} : { staticUid }),
    owner,
    ips: ips.length > 0 || status?.podIP === undefined ? ips : [status.podIP],
    hostNetwork: spec?.hostNetwork === true,
    containers: [
      ...(spec?.initContainers ?? []).map((container) => containerFacts(container, 'init')),
      ...(spec?.containers ?? []).map((container) => containerFacts(container, 'container')),
      ...(spec?.ephemeralContainers ?? []).map((container) => containerFacts(container, 'ephemeral')),
    ],
    labels: pod.metadata?.labels ?? {},
  };
}

/** Containers that wait for an image which could not be pulled. */
export function waitingPulls({ status }: V1Pod, ref: PodRef): PullBody[] {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.flatMap(({ name, image, state }) => {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (!PULL_REASONS.has(reason)) return [];
    return [
      {
        type: 'pull',
        pod: ref,
        container: name,
        image,
        outcome: 'failed',
        message: `${reason}: ${message}`,
      } as const,
    ];
  });
}

function containerFacts(
  container: V1Container | V1EphemeralContainer,
  kind: PodContainer['kind'],
): PodContainer {
  return {
    name: container.name,
    image: container.image ?? '',
    kind,
    ...(container.imagePullPolicy === undefined ? {} : { pullPolicy: container.imagePullPolicy }),
  };
}
