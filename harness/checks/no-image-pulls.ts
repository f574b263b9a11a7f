// SPDX-License-Identifier: Apache-2.0
import { type CoreV1Event, CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { normaliseImageReference } from '../core/image-reference.ts';
import { verdictOf } from './listing.ts';

/** The kubelet's words for going to a registry. `Container image "X" already present on machine` is none. */
const PULL =
  /^(?:Pulling image|Failed to pull image|Back-off pulling image|Successfully pulled image) "([^"]+)"/;

export const noImagePulls: Check = {
  id: 'no-image-pulls',
  title: 'no image was asked of a registry but of the site’s',
  phase: 'restart',
  async run({ cluster, helper, site }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listEventForAllNamespaces();
    const pulls = items.filter(({ metadata }) => metadata.namespace !== helper.namespace);
    return verdictOf(
      pullsOf(pulls, site?.images),
      site === undefined || site.images.size === 0
        ? 'every image came from the node’s own store'
        : 'every image came from the node’s own store or the site’s registry',
    );
  },
};

const PULLED = /^Successfully pulled/;

/**
 * One line for each image that was asked of a registry, with the pod that wanted it first. What the site's registry holds and
 * gave is none.
 */
export function pullsOf(events: readonly CoreV1Event[], held: ReadonlySet<string> = new Set()): string[] {
  const pods = new Map<string, string>();
  const given = new Set(
    events
      .filter(({ message }) => PULLED.test(message ?? ''))
      .map(({ message }) => PULL.exec(message ?? '')?.[1]),
  );
  for (const { message, involvedObject } of events) {
    const image = PULL.exec(message ?? '')?.[1];
    if (image === undefined || pods.has(image)) continue;
    if (given.has(image) && held.has(normaliseImageReference(image) ?? image)) continue;
    pods.set(image, `${involvedObject.namespace}/${involvedObject.name}`);
  }
  return [...pods].map(([image, pod]) => `${image} was asked of its registry for pod ${pod}`);
}
