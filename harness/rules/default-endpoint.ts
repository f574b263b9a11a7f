// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** Even with mirrors the registry's own address is the last resort (docs.k3s.io, "Private Registry Configuration"). */
export const defaultEndpoint: Rule = ({ kubernetes, items }) => {
  if (kubernetes.mirrors.length === 0 || kubernetes.defaultEndpointDisabled) return [];
  const file = items.find(({ kind }) => kind === 'registries')?.file ?? 'registries.yaml';
  return [
    finding(
      'default-endpoint',
      'info',
      file,
      `mirrors for ${kubernetes.mirrors.join(', ')} are declared, and K3s still tries the registry itself when a mirror fails`,
      'set disable-default-registry-endpoint: true in K3s’s config.yaml',
    ),
  ];
};
