// SPDX-License-Identifier: Apache-2.0
import type { NodeSpec } from '../core/node.ts';

/** Files that are a node's own and not its image's, whatever it is made of. */
export function ownFiles(
  spec: Pick<NodeSpec, 'name' | 'resolver' | 'link'>,
): { readonly path: string; readonly content: string }[] {
  return [
    { path: '/etc/resolv.conf', content: `nameserver ${spec.resolver}\n` },
    {
      path: '/etc/hosts',
      content: [
        '127.0.0.1 localhost',
        '::1 localhost ip6-localhost ip6-loopback',
        `${spec.link.node4.split('/')[0]} ${spec.name}`,
        '',
      ].join('\n'),
    },
    { path: '/etc/hostname', content: `${spec.name}\n` },
  ];
}
