// SPDX-License-Identifier: Apache-2.0
import {
  ApiException,
  type AppsV1Api,
  type BatchV1Api,
  type V1ObjectMeta,
  type V1OwnerReference,
} from '@kubernetes/client-node';
import type { OwnerRef } from '../../core/events.ts';
import { staticUidOf } from './pod-facts.ts';

export interface OwnerApis {
  readonly apps: Pick<AppsV1Api, 'readNamespacedReplicaSet'>;
  readonly batch: Pick<BatchV1Api, 'readNamespacedJob'>;
}

/** Who a person would edit to change a pod: its Deployment, not the ReplicaSet; its CronJob, not the Job. */
export class Owners {
  readonly #apis: OwnerApis;
  /** By uid of the direct owner. */
  readonly #known = new Map<string, OwnerRef>();

  constructor(apis: OwnerApis) {
    this.#apis = apis;
  }

  /** A pod that nobody owns is its own owner, and so is a static pod, which the API gives to its node. Where the API server does not tell, the direct owner stands in. */
  async of(pod: V1ObjectMeta): Promise<OwnerRef> {
    const direct = controllerOf(pod);
    if (direct === null || staticUidOf(pod) !== null) return { kind: 'Pod', name: pod.name ?? '' };
    const known = this.#known.get(direct.uid);
    if (known !== undefined) return known;
    const fallback = { kind: direct.kind, name: direct.name };
    const above = await this.#above(direct, pod.namespace ?? '');
    if (above === 'unknown') return fallback;
    const owner = above === null ? fallback : { kind: above.kind, name: above.name };
    this.#known.set(direct.uid, owner);
    return owner;
  }

  async #above(
    { kind, name }: V1OwnerReference,
    namespace: string,
  ): Promise<V1OwnerReference | null | 'unknown'> {
    try {
      if (kind === 'ReplicaSet') {
        const { metadata } = await this.#apis.apps.readNamespacedReplicaSet({ name, namespace });
        return controllerOf(metadata);
      }
      if (kind === 'Job') {
        const { metadata } = await this.#apis.batch.readNamespacedJob({ name, namespace });
        return controllerOf(metadata);
      }
      return null;
    } catch (error) {
      return error instanceof ApiException && error.code === 404 ? null : 'unknown';
    }
  }
}

function controllerOf(metadata: V1ObjectMeta | undefined): V1OwnerReference | null {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true) ?? null;
}
