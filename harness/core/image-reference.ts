// SPDX-License-Identifier: Apache-2.0

/** An image reference in its full spelling. */
export interface ImageReference {
  /** Host of the registry with its port: `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** Without registry, tag and digest: `library/nginx`. */
  readonly repository: string;
  /** `latest` when the reference names neither a tag nor a digest. */
  readonly tag: string | null;
  /** sha256:<64 hex>. */
  readonly digest: string | null;
  /** True when the tag was added because the reference names none. */
  readonly tagIsDefault: boolean;
}

// The grammar of github.com/distribution/reference; a repository component may hold one `.`, one or two `_`, or any number of `-`
// between its letters and digits.
const COMPONENT = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const REGISTRY = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads a reference by the rules that containerd and the kubelet follow: `nginx` is `docker.io/library/nginx:latest`, and the part
 * before the first slash is a registry when it has a dot or a colon or is `localhost`. Null when it is no reference.
 */
export function parseImageReference(text: string): ImageReference | null {
  const [named = '', digest = null, ...more] = text.split('@');
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest))) return null;
  const { registry, rest } = splitRegistry(named);
  const colon = rest.lastIndexOf(':');
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? null : rest.slice(colon + 1);
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (!REGISTRY.test(registry) || !REPOSITORY.test(repository) || repository.length > 255) return null;
  if (tag !== null && !TAG.test(tag)) return null;
  const tagIsDefault = tag === null && digest === null;
  return { registry, repository, tag: tagIsDefault ? 'latest' : tag, digest, tagIsDefault };
}

function splitRegistry(named: string): { registry: string; rest: string } {
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  if (!isRegistry) return { registry: 'docker.io', rest: named };
  return { registry: first === 'index.docker.io' ? 'docker.io' : first, rest: named.slice(slash + 1) };
}

/** Full spelling, so that two references of one image are equal: `registry/repository[:tag][@digest]`. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** `nginx` => `docker.io/library/nginx:latest`; null when it is no reference. */
export function normaliseImageReference(text: string): string | null {
  const parsed = parseImageReference(text);
  return parsed === null ? null : formatImageReference(parsed);
}
