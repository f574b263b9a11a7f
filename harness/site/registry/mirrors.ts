// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { GateRegistry } from '../../core/gate-services.ts';
import { parseImageReference } from '../../core/image-reference.ts';
import { projectOf, registryName } from './place.ts';

/** Where the nodes keep the certificate of the site's authority. */
export const AUTHORITY_FILE = '/usr/local/share/ca-certificates/airgap-site.crt';

/**
 * registries.yaml for a bundle that brings none: each upstream registry of the images that come by the site's registry is
 * mirrored there, with the rewrite that its project wants.
 *
 * @param references images that come by the registry
 * @param trusted the nodes have the certificate of the site's authority
 */
export function registriesYaml(
  registry: GateRegistry,
  references: readonly string[],
  { trusted }: { readonly trusted: boolean },
): string {
  const name = registryName(registry);
  const endpoint = `${registry.tls ? 'https' : 'http'}://${name}`;
  const upstreams = new Set(references.map((reference) => parseImageReference(reference)?.registry ?? name));
  const mirrors = [...upstreams, name].toSorted().map((upstream) => {
    const project = upstream === name ? '' : projectOf(upstream, registry.projects);
    const rewrite = project === '' ? {} : { rewrite: { '(.*)': `${project}/$1` } };
    return [upstream, { endpoint: [endpoint], ...rewrite }] as const;
  });
  const { login } = registry;
  const auth = login === null ? {} : { auth: { username: login.user, password: login.password } };
  const tls = registry.tls && trusted ? { tls: { ca_file: AUTHORITY_FILE } } : {};
  const config = { ...auth, ...tls };
  return stringify({
    mirrors: Object.fromEntries(mirrors),
    ...(Object.keys(config).length === 0 ? {} : { configs: { [name]: config } }),
  });
}
