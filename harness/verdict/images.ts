// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary, ImageItem } from '../core/bundle.ts';
import { normaliseImageReference, parseImageReference } from '../core/image-reference.ts';

/** Hosts a client of that registry asks, beside the registry's own. */
const ALSO_ASKED: Readonly<Record<string, readonly string[]>> = {
  'docker.io': [
    'registry-1.docker.io',
    'auth.docker.io',
    'index.docker.io',
    'registry.docker.io',
    'production.cloudflare.docker.com',
  ],
  'gcr.io': ['storage.googleapis.com'],
  'quay.io': ['cdn.quay.io', 'cdn01.quay.io', 'cdn02.quay.io', 'cdn03.quay.io'],
  'ghcr.io': ['pkg-containers.githubusercontent.com'],
};

/** Full spelling of a reference, to compare two; a bare digest, or what is no reference, stays as it is. */
function fullSpelling(reference: string): string {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(reference)) return reference;
  return normaliseImageReference(reference) ?? reference;
}

/** Host names, and the port when the reference names one, that a pull of this image asks for. */
export function registryHosts(reference: string): {
  readonly hosts: readonly string[];
  readonly port: number | null;
} {
  const parsed = parseImageReference(reference);
  if (parsed === null) return { hosts: [], port: null };
  const { registry } = parsed;
  const [, host = registry, port] = /^(.*?)(?::(\d+))?$/.exec(registry) ?? [];
  const lower = host.toLowerCase().replace(/^\[|\]$/g, '');
  return {
    hosts: [lower, ...(ALSO_ASKED[lower] ?? [])],
    port: port === undefined ? null : Number(port),
  };
}

/** The bundle's image that a pod's image is: by full reference, or by the digest of its config or manifest. */
export function findInBundle(image: string, bundle: BundleSummary): ImageItem | null {
  const wanted = fullSpelling(image);
  const digest = /(sha256:)?([0-9a-f]{64})$/.exec(wanted)?.[2];
  return (
    bundle.images.find(({ reference }) => reference !== null && fullSpelling(reference) === wanted) ??
    bundle.images.find(
      ({ configDigest, manifestDigest }) =>
        digest !== undefined &&
        (configDigest === `sha256:${digest}` || manifestDigest === `sha256:${digest}`),
    ) ??
    null
  );
}

/** References in the bundle that differ from the image by tag or digest alone. */
export function otherTagsInBundle(image: string, bundle: BundleSummary): string[] {
  const wanted = parseImageReference(image);
  return bundle.images.flatMap(({ reference }) => {
    const other = reference === null ? null : parseImageReference(reference);
    const isSame = other?.registry === wanted?.registry && other?.repository === wanted?.repository;
    return reference !== null && other !== null && wanted !== null && isSame ? [reference] : [];
  });
}
