// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';

/** The kubelet's words for going to a registry; `Pulled ... already present on machine` is none. */
const PULL = /^(Pulling image|Failed to pull image|Back-off pulling image|Successfully pulled image)/;

export const noImagePulls: Check = {
  id: 'no-image-pulls',
  title: 'no image was asked of a registry',
  phase: 'restart',
  async run({ cluster, helper }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listEventForAllNamespaces();
    const pulls = items.filter(
      ({ message, metadata }) => PULL.test(message ?? '') && metadata.namespace !== helper.namespace,
    );
    const byImage = Map.groupBy(
      pulls,
      ({ message }) => /"([^"]+)"/.exec(message ?? '')?.[1] ?? 'an unnamed image',
    );
    const problems = [...byImage].map(([image, events]) => {
      const [first] = events;
      return `${image} was asked of its registry for ${first?.involvedObject.namespace}/${first?.involvedObject.name}`;
    });
    return verdictOf(problems, 'every image came from the node’s own store');
  },
};
