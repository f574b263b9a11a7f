// SPDX-License-Identifier: Apache-2.0
import { DOCUMENTATION } from '../setup/debian-tree.ts';
import type { DebianTree } from '../setup/debian-tree.ts';

/** What a node holds besides a minimal Debian: what Kubernetes calls, and what the harness runs inside a node. */
const packages = [
  'ca-certificates',
  'catatonit', // PID 1 of a node: reaps what a K3s leaves
  'conntrack', // kube-proxy
  'curl', // asks a Service from the node
  'ethtool', // kubelet
  'ipset', // network policies
  'iproute2',
  'iptables', // kube-proxy, CNI
  'kmod',
  'nftables',
  'procps', // sysctl
  'runc',
  'socat', // port-forward
] as const;

/** The one node image: overlay lower layer of a namespace node, file system of a container, disk of a virtual machine. */
export const NODE_IMAGE: DebianTree = {
  variant: 'minbase',
  packages,
  prune: [
    ...DOCUMENTATION,
    // made on this machine, or by its apt: a node holds nothing of the host
    'etc/apt/apt.conf.d/99mmdebstrap',
    'etc/dpkg/dpkg.cfg.d/99mmdebstrap',
    'etc/hostname',
    'etc/machine-id',
    'etc/resolv.conf',
    'var/cache/apt/archives',
    'var/cache/debconf',
    'var/lib/apt/lists',
    'var/log/apt',
    'var/log/alternatives.log',
    'var/log/bootstrap.log',
    'var/log/dpkg.log',
  ],
};

/** Files written into the finished tree: what the provider binds over or fills in must exist. */
export const NODE_FILES: Readonly<Record<string, string>> = {
  'etc/apt/sources.list': '# none: a node has no way out\n',
  'etc/hostname': 'node\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n',
  'etc/machine-id': '',
  'etc/resolv.conf': '',
};
