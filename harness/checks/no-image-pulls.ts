// SPDX-License-Identifier: Apache-2.0
import { type CoreV1Event, CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';

/** The kubelet's words for going to a registry. `Container image "X" already present on machine` is none. */
const PULL =
  /^(?:Pulling image|Failed to pull image|Back-off pulling image|Successfully pulled image) "([^"]+)"/;

export const noImagePulls: Check = {
  id: 'no-image-pulls',
  title: 'no image was asked of a registry',
  phase: 'restart',
  async run({ cluster, helper }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listEventForAllNamespaces();
    const pulls = items.filter(({ metadata }) => metadata.namespace !== helper.namespace);
    return verdictOf(pullsOf(pulls), 'every image came from the node’s own store');
  },
};

/** One line for each image that was asked of a registry, with the pod that wanted it first. */
export function pullsOf(events: readonly CoreV1Event[]): string[] {
  const pods = new Map<string, string>();
  for (const { message, involvedObject } of events) {
    const image = PULL.exec(message ?? '')?.[1];
    if (image === undefined || pods.has(image)) continue;
    pods.set(image, `${involvedObject.namespace}/${involvedObject.name}`);
  }
  return [...pods].map(([image, pod]) => `${image} was asked of its registry for pod ${pod}`);
}
