// SPDX-License-Identifier: Apache-2.0
import type { V1Pod } from '@kubernetes/client-node';
import type { Check, CheckContext } from '../core/cluster.ts';
import { normaliseImageReference } from '../core/image-reference.ts';
import { listed, verdictOf } from './listing.ts';
import { type NodeImage, nodeImages, removeNodeImages } from './node-images.ts';
import { bundlePods, comesBack, restartPods } from './restart-pods.ts';

/**
 * What garbage collection may take away at any time is taken away now: the images that are not pinned. The pods that use them
 * are deleted, and must run again, which takes a pull.
 */
export const imagesAgain: Check = {
  id: 're-pull',
  title: 'images that may be collected are had again',
  phase: 'restart',
  async run(context) {
    const { cluster, log } = context;
    const all = await nodeImages(cluster);
    const [pinned, loose] = [all.filter((one) => one.pinned), all.filter((one) => !one.pinned)];
    for (const { references } of pinned)
      for (const image of references) log.append({ type: 'image-again', image, how: 'pinned' });
    if (loose.length === 0)
      return verdictOf(
        [],
        `all ${all.length} image(s) in the node's store are pinned: none can be collected`,
      );

    const pods = await bundlePods(context);
    const users = pods.filter((pod) => comesBack(pod) && loose.some((image) => uses(pod, image)));
    await removeNodeImages(cluster, loose);
    const { settled, deadlineMs } = await restartPods(context, users);
    if (settled === null)
      return verdictOf([`pods that were deleted are still there after ${deadlineMs / 1000} s`], '');
    return await judge(context, loose, users, settled.unsettled);
  },
};

async function judge(
  { cluster, log }: CheckContext,
  loose: readonly NodeImage[],
  users: readonly V1Pod[],
  unsettled: readonly { readonly what: string; readonly why: string }[],
): Promise<ReturnType<typeof verdictOf>> {
  const now = new Set((await nodeImages(cluster)).flatMap(({ names }) => names));
  const untried: string[] = [];
  const lost: string[] = [];
  for (const image of loose) {
    const isWanted = users.some((pod) => uses(pod, image));
    const isBack = image.references.some((name) => now.has(name));
    const [shown = image.digest] = image.references;
    const how = isBack ? 'pulled' : isWanted ? 'lost' : 'untried';
    if (how === 'lost') lost.push(shown);
    if (how === 'untried') untried.push(shown);
    for (const reference of image.references) log.append({ type: 'image-again', image: reference, how });
  }
  const problems = [
    ...unsettled.map(({ what, why }) => `${what}: ${why}`),
    // A workload that waits for its image says so itself; this is for one whose controller made no pod.
    ...(unsettled.length === 0 ? lost.map((name) => `${name} was not pulled again`) : []),
  ];
  return verdictOf(
    problems,
    `${loose.length - untried.length} image(s) taken out of the node's store and pulled again${listed('; not asked for again, since no pod that comes back uses them', untried)}`,
  );
}

/** By the reference of a container, or by the image that it really runs. */
function uses({ spec, status }: V1Pod, { references, digest, names }: NodeImage): boolean {
  const wanted = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(
    ({ image = '' }) => image,
  );
  const running = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(
    ({ imageID }) => imageID,
  );
  return (
    wanted.some((image) => references.includes(normaliseImageReference(image) ?? image)) ||
    running.some((id) => id.endsWith(digest) || names.includes(id))
  );
}
