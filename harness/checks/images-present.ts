// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageItem } from '../core/bundle.ts';
import type { Check, Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import { verdictOf } from './listing.ts';

/** A line of `ctr images check`. */
export interface StoredImage {
  readonly reference: string;
  /** Of what the reference means: a manifest or an index. */
  readonly digest: string;
  /** The manifest, its config and all its layers are there. */
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
 * reference and under `sha256:<config digest>`: both must be there, mean the same content, and be complete. An image of an
 * OCI layout must also be the same manifest, because a pod may name it by that digest.
 */
export function missingImage(image: ImageItem, stored: readonly StoredImage[]): string | null {
  const { reference, configDigest, manifestDigest } = image;
  const label = reference ?? configDigest;
  const from = `from ${image.archive}`;
  const byConfig = stored.find((one) => one.reference === configDigest);
  const byName = reference === null ? byConfig : stored.find((one) => one.reference === reference);
  if (byConfig === undefined) {
    if (byName !== undefined)
      return `${label} in the node's store is another image than the one ${from} (config ${configDigest})`;
    const why =
      reference === null
        ? 'the archive gives it no name, and K3s keeps images by name'
        : 'its import failed (see k3s.log)';
    return `${label} (${from}) is not in the node's store: ${why}`;
  }
  if (!byConfig.complete) return `${label} (${from}) is incomplete in the node's store`;
  if (byName === undefined) return `${label} (${from}) is in the node's store, but not under that name`;
  if (byName.digest !== byConfig.digest) {
    return `${label} in the node's store is another image (${byName.digest}) than the one ${from} (${byConfig.digest})`;
  }
  if (manifestDigest !== null && byName.digest !== manifestDigest) {
    return `${label} in the node's store has the digest ${byName.digest}, the one ${from} has ${manifestDigest}: a pod that names it by digest does not find it`;
  }
  return null;
}

/** The runtime adds an image's second name a moment after its import. */
const TRIES = 4;
const AGAIN_MS = 500;

export const imagesPresent: Check = {
  id: 'images-present',
  title: 'every image of the bundle is really in the node’s store',
  phase: 'install',
  async run({ cluster, bundle, site }) {
    const [byRegistry, preloaded] = [
      bundle.images.filter(isByRegistry),
      bundle.images.filter((one) => !isByRegistry(one)),
    ];
    const notOffered = byRegistry.flatMap((image) => missingInRegistry(image, site?.images) ?? []);
    let problems: readonly string[] = [];
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await sleep(AGAIN_MS);
      const stored = await readStore(cluster);
      problems = preloaded.flatMap((image) => missingImage(image, stored) ?? []);
      if (problems.length === 0) break;
    }
    const offered = byRegistry.length === 0 ? '' : `, ${byRegistry.length} in the site's registry`;
    return verdictOf(
      [...problems, ...notOffered],
      `${preloaded.length} image(s) of the bundle are in the node's store${offered}`,
    );
  },
};

function isByRegistry({ via }: ImageItem): boolean {
  return via === 'registry';
}

/** Why an image that comes by the registry is not to be had there; null when it is. `held`: undefined without services. */
function missingInRegistry(
  { reference, configDigest, archive }: ImageItem,
  held?: ReadonlySet<string>,
): string | null {
  const label = `${reference ?? configDigest} (from ${archive})`;
  if (reference === null) return `${label} has no name, and a registry keeps images by name`;
  if (held === undefined)
    return `${label} comes by a registry, and the site offers none: declare site.services.registry in gate.yaml`;
  return held.has(reference) ? null : `${label} comes by a registry, and the site's does not hold it`;
}

/** All images that pods can use. Throws HarnessError (harness) when the runtime does not answer. */
async function readStore({ node }: Cluster): Promise<StoredImage[]> {
  const argv = [K3S.binary, 'ctr', '-n', 'k8s.io', 'images', 'check'];
  const { stdout, stderr, exitCode } = await node.exec(argv, { timeoutMs: 60_000 * node.pace });
  if (exitCode === 0) return parseImagesCheck(stdout);
  throw new HarnessError(`the node's image store cannot be read: ${stderr.trim().slice(-300)}`, {
    code: 'harness',
  });
}
