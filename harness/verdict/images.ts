// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary, ImageItem } from '../core/bundle.ts';

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

export interface ImageName {
  /** `docker.io`, `registry.example:5000` */
  readonly registry: string;
  /** Without registry, tag and digest. */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** Reads an image reference by the rules of distribution/reference; `nginx` is `docker.io/library/nginx`. */
export function parseImage(reference: string): ImageName {
  const [named = '', digest = null] = reference.split('@', 2);
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const tag = colon === -1 ? null : rest.slice(colon + 1);
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const registry = hasRegistry && first !== 'index.docker.io' ? first : 'docker.io';
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { registry, repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

/** Full spelling of a reference, to compare two. */
export function normaliseImage(reference: string): string {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(reference)) return reference;
  const { registry, repository, tag, digest } = parseImage(reference);
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** Host names, and the port when the reference names one, that a pull of this image asks for. */
export function registryHosts(reference: string): {
  readonly hosts: readonly string[];
  readonly port: number | null;
} {
  const { registry } = parseImage(reference);
  const [, host = registry, port] = /^(.*?)(?::(\d+))?$/.exec(registry) ?? [];
  const lower = host.toLowerCase().replace(/^\[|\]$/g, '');
  return {
    hosts: [lower, ...(ALSO_ASKED[lower] ?? [])],
    port: port === undefined ? null : Number(port),
  };
}

/** The bundle's image that a pod's image is: by full reference, or by the digest of its config or manifest. */
export function findInBundle(image: string, bundle: BundleSummary): ImageItem | null {
  const wanted = normaliseImage(image);
  const digest = /(sha256:)?([0-9a-f]{64})$/.exec(wanted)?.[2];
  return (
    bundle.images.find(({ reference }) => reference !== null && normaliseImage(reference) === wanted) ??
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
  const wanted = parseImage(image);
  return bundle.images.flatMap(({ reference }) => {
    if (reference === null) return [];
    const { registry, repository } = parseImage(reference);
    return registry === wanted.registry && repository === wanted.repository ? [reference] : [];
  });
}
