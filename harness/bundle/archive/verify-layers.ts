// SPDX-License-Identifier: Apache-2.0
import { quoted } from '../../core/printable.ts';
import type { ImageConfig } from './image-config.ts';
import type { Member } from './member.ts';

/**
 * Compares an image's layers with the diff_ids of its configuration: as many, in this order, each the digest of the plain content.
 * Throws an Error that names the image, the layer and both digests.
 */
export function verifyLayers(image: string, config: ImageConfig, layers: readonly Member[]): void {
  const diffIds = config.rootfs.diff_ids ?? [];
  if (diffIds.length !== layers.length) {
    throw new Error(
      `image ${quoted(image)} has ${layers.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  for (const [index, { name, plain }] of layers.entries()) {
    const at = `layer ${index + 1} of image ${quoted(image)} (${quoted(name)})`;
    if ('error' in plain) throw new Error(`${at} cannot be unpacked: ${plain.error}`);
    if (plain.digest !== diffIds[index]) {
      throw new Error(
        `${at} has the digest ${plain.digest}, but the configuration says ${quoted(diffIds[index])}`,
      );
    }
  }
}
