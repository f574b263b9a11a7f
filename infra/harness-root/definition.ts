// SPDX-License-Identifier: Apache-2.0
import type { DebianTree } from '../setup/debian-tree.ts';
import { NODE_IMAGE } from '../node-image/definition.ts';

/** What the harness starts, each with its reason, and what its Node is linked with. */
const packages = [
  'iproute2', // links, addresses, routes and namespaces of a site
  'kmod', // loads the modules a node's network needs
  'libatomic1', // Node
  'libstdc++6', // Node
  'nftables', // the gap's rules
  'openssl', // the certificates of a simulated site
  'perl-base', // passwords of a site's registry, the listener of a trap
  'procps', // sysctl
  'tcpdump', // the packet observer
  'util-linux', // nsenter, unshare, mount
  'xz-utils', // image archives may be xz
  'zstd', // platform image archives are zstd
] as const;

/** Root file system for the harness itself, where it runs in a container beside an engine on another machine (ADR 21). */
export const HARNESS_ROOT: DebianTree = { variant: 'minbase', packages, prune: NODE_IMAGE.prune };
