// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary, ImageItem } from '../core/bundle.ts';
import type { Report } from '../core/report.ts';
import { compare } from './attempts.ts';
import type { Facts } from './facts.ts';
import { findInBundle } from './images.ts';

type ImageWay = Report['images'][number];

/** For each image of the bundle: which way it came to the nodes, by which references pods use it, and that it can be had again. */
export function imageWays(facts: Facts): ImageWay[] {
  const { bundle } = facts.run;
  const uses = usesOf(facts, bundle);
  const again = new Map(facts.imagesAgain.map(({ image, how }) => [image, how] as const));
  return bundle.images.map((image) => {
    const used = uses.get(image);
    const name = image.reference ?? image.configDigest;
    return {
      name,
      way: image.platformImage ? 'platform' : image.via === 'registry' ? 'registry' : 'preload',
      archive: image.archive,
      usedAs: [...(used?.references ?? [])].toSorted(compare),
      usedBy: [...(used?.owners ?? [])].toSorted(compare),
      again: again.get(name) ?? null,
    };
  });
}

interface Use {
  readonly references: Set<string>;
  readonly owners: Set<string>;
}

function usesOf(facts: Facts, bundle: BundleSummary): Map<ImageItem, Use> {
  const uses = new Map<ImageItem, Use>();
  for (const { pod, owner, containers } of facts.pods) {
    if (facts.run.harnessNamespaces.includes(pod.namespace)) continue;
    for (const { image } of containers) {
      const item = findInBundle(image, bundle);
      if (item === null) continue;
      const use = uses.get(item) ?? { references: new Set(), owners: new Set() };
      uses.set(item, use);
      use.references.add(image);
      use.owners.add(`${pod.namespace}/${owner.kind}/${owner.name}`);
    }
  }
  return uses;
}
