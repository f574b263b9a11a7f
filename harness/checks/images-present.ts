// SPDX-License-Identifier: Apache-2.0
import type { ImageItem } from '../core/bundle.ts';
import type { Check } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { verdictOf } from './listing.ts';

/** A line of `ctr images check`. */
export interface StoredImage {
  readonly reference: string;
  readonly digest: string;
  readonly complete: boolean;
}

/** `REF TYPE DIGEST STATUS SIZE UNPACKED`, columns apart by blanks; STATUS is `complete (2/2)` or `incomplete (1/2)`. */
export function parseImagesCheck(text: string): StoredImage[] {
  return text.split('\n').flatMap((line) => {
    const [, reference, digest, status] = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s+(\w+)/.exec(line) ?? [];
    if (reference === undefined || digest === undefined) return [];
    return [{ reference, digest, complete: status === 'complete' }];
  });
}

/**
 * What is wrong with a declared image in the node's store; null when it is there. The runtime keeps each image under its
 * reference and under `sha256:<config digest>`: both must be there, mean the same content, and be complete.
 */
export function missingImage(image: ImageItem, stored: readonly StoredImage[]): string | null {
  const label = image.reference ?? image.configDigest;
  const byConfig = stored.find(({ reference }) => reference === image.configDigest);
  const from = `from ${image.archive}`;
  if (byConfig === undefined) {
    const other = stored.find(({ reference }) => reference === image.reference);
    return other === undefined
      ? `${label} (${from}) is not in the node's store: its import failed`
      : `${label} in the node's store is another image than the one ${from} (config ${image.configDigest})`;
  }
  if (!byConfig.complete) return `${label} (${from}) is incomplete in the node's store`;
  if (image.reference === null) return null;
  const byName = stored.find(({ reference }) => reference === image.reference);
  if (byName === undefined) return `${label} (${from}) is in the node's store, but not under that name`;
  if (byName.digest !== byConfig.digest) {
    return `${label} in the node's store is another image (${byName.digest}) than the one ${from} (${byConfig.digest})`;
  }
  return null;
}

export const imagesPresent: Check = {
  id: 'images-present',
  title: 'every image of the bundle is really in the node’s store',
  phase: 'install',
  async run({ cluster, bundle }) {
    const { stdout, stderr, exitCode } = await cluster.node.exec([
      '/usr/local/bin/k3s',
      'ctr',
      '-n',
      'k8s.io',
      'images',
      'check',
    ]);
    if (exitCode !== 0)
      throw new HarnessError(`the node's image store cannot be read: ${stderr.trim()}`, { code: 'harness' });
    const stored = parseImagesCheck(stdout);
    // Of two archives that carry one name the last one imported wins, and the images are the same thing to their users.
    const problems = bundle.images.flatMap((image) => missingImage(image, stored) ?? []);
    return verdictOf(problems, `${bundle.images.length} image(s) of the bundle are in the node's store`);
  },
};
