// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../core/bundle.ts';
import type { Gate } from '../core/gate.ts';

/**
 * The bundle with its images on the ways that the gate wants: with `images: all` every image but the platform's own comes by
 * the site's registry, and none of them is laid into K3s's images directory.
 */
export function routeImages(bundle: Bundle, { services }: Gate): Bundle {
  if (services?.registry?.images !== 'all') return bundle;
  return {
    ...bundle,
    images: bundle.images.map((image) => (image.platformImage ? image : { ...image, via: 'registry' })),
    imageArchives: [],
    registryArchives: [...bundle.imageArchives, ...bundle.registryArchives],
  };
}
