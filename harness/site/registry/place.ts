// SPDX-License-Identifier: Apache-2.0
import type { GateRegistry } from '../../core/gate-services.ts';
import { parseImageReference } from '../../core/image-reference.ts';

/** Where an image stands in the site's registry. */
export interface RegistryPlace {
  /** Repository, with the project before it. */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** `host[:port]` as image references and registries.yaml spell the site's registry. */
export function registryName({ host, port, tls }: Pick<GateRegistry, 'host' | 'port' | 'tls'>): string {
  return port === (tls ? 443 : 80) ? host : `${host}:${port}`;
}

/**
 * Where the site's registry has an image: an image of its own under its own path, one of an upstream registry in the
 * project that the gate names for that. Null for what is no reference.
 */
export function placeOf(
  reference: string,
  registry: Pick<GateRegistry, 'host' | 'port' | 'tls' | 'projects'>,
): RegistryPlace | null {
  const parsed = parseImageReference(reference);
  if (parsed === null) return null;
  const { registry: upstream, repository, tag, digest } = parsed;
  const isOwn = upstream.toLowerCase() === registryName(registry);
  const project = isOwn ? '' : projectOf(upstream, registry.projects);
  return { repository: project === '' ? repository : `${project}/${repository}`, tag, digest };
}

/** The path before every repository of an upstream registry, '' for none. */
export function projectOf(upstream: string, projects: GateRegistry['projects']): string {
  return projects[upstream] ?? projects['*'] ?? '';
}
