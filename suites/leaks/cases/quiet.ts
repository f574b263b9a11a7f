// SPDX-License-Identifier: Apache-2.0
import type { Draw } from '../draw.ts';
import type { Rights } from '../types.ts';

/** What a quiet workload may use: a server inside, by all its names. */
export interface Inside {
  readonly namespace: string;
  /** Name of the Service. */
  readonly service: string;
  readonly headless: string;
  readonly tcp: number;
  readonly udp: number;
  readonly nodePort: number;
}

/** The node's own address, and the gateway of its pods (harness/gap/no-route.ts, K3s's defaults). */
const NODE = '10.99.0.1';
const GATEWAY = '10.42.0.1';

/** A workload that must report nothing. */
export interface QuietCase {
  readonly id: string;
  readonly place: 'pod' | 'host-network';
  readonly sentinel?: boolean;
  readonly rights?: Rights;
  readonly alone?: boolean;
  readonly run: (
    inside: Inside,
    draw: Draw,
  ) => {
    readonly argv: readonly string[];
    readonly pod?: Readonly<Record<string, unknown>>;
    readonly container?: Readonly<Record<string, unknown>>;
  };
}

const RAW = { capabilities: ['NET_RAW'] } as const;
const UNTIL = ['-until', '100s'] as const;

export const quietCases: readonly QuietCase[] = [
  probe('source address asked of the kernel, port 0 (glibc)', 0, true),
  probe('source address asked of the kernel, port 9 (Go)', 9, true),
  probe('source address asked of the kernel, port 65535 (musl)', 65_535),
  {
    id: 'source address asked of the kernel over IPv6',
    place: 'pod',
    run: (_, draw) => ({ argv: ['udp-probe', `[${draw.address6()}]:9`] }),
  },
  {
    id: 'source address asked of the kernel by a hostNetwork pod',
    place: 'host-network',
    run: (_, draw) => ({ argv: ['udp-probe', `${draw.address4()}:0`] }),
  },
  {
    id: 'outside addresses in /etc/hosts, sorted by Go',
    place: 'pod',
    alone: true,
    sentinel: true,
    run: (_, draw) => {
      const host = draw.host();
      const entry = (ip: string): object => ({ ip, hostnames: [host] });
      return {
        argv: ['lookup', host],
        pod: { hostAliases: [entry(draw.address4()), entry(draw.address4()), entry(draw.address6())] },
      };
    },
  },
  { id: 'ip route get', place: 'pod', run: (_, draw) => ({ argv: ['route-get', draw.address4()] }) },
  {
    id: 'ip route get by a hostNetwork pod',
    place: 'host-network',
    run: (_, draw) => ({ argv: ['-until', '0s', 'route-get', draw.address4()] }),
  },
  {
    id: 'cluster name',
    place: 'pod',
    sentinel: true,
    run: (to) => ({ argv: [...UNTIL, 'lookup', full(to)] }),
  },
  { id: 'cluster name over TCP', place: 'pod', run: (to) => ({ argv: [...UNTIL, 'lookup-tcp', full(to)] }) },
  { id: 'cluster name, short', place: 'pod', run: (to) => ({ argv: [...UNTIL, 'lookup', to.service] }) },
  {
    id: 'cluster name that does not exist',
    place: 'pod',
    run: (to, draw) => ({ argv: ['lookup', `${draw.word()}.${to.namespace}.svc.cluster.local.`] }),
  },
  {
    id: 'headless Service',
    place: 'pod',
    run: (to) => ({ argv: [...UNTIL, 'dial', 'tcp', `${to.headless}:${to.tcp}`] }),
  },
  {
    id: 'Service by name, HTTP',
    place: 'pod',
    sentinel: true,
    run: (to) => ({ argv: [...UNTIL, 'http', `http://${full(to)}:${to.tcp}/`] }),
  },
  {
    id: 'Service by name, UDP',
    place: 'pod',
    run: (to) => ({ argv: [...UNTIL, 'dial', 'udp', `${to.service}:${to.udp}`] }),
  },
  {
    id: 'Service by environment, from a hostNetwork pod',
    place: 'host-network',
    run: (to) => ({
      argv: [...UNTIL, 'http', `http://${full(to)}:${to.tcp}/`],
      pod: { dnsPolicy: 'ClusterFirstWithHostNet' },
    }),
  },
  {
    id: 'NodePort',
    place: 'pod',
    run: (to) => ({ argv: [...UNTIL, 'dial', 'tcp', `${NODE}:${to.nodePort}`] }),
  },
  {
    id: 'API server',
    place: 'pod',
    run: () => ({ argv: [...UNTIL, 'dial', 'tcp', 'kubernetes.default:443'] }),
  },
  {
    id: 'kubelet of the node',
    place: 'pod',
    run: () => ({ argv: [...UNTIL, 'dial', 'tcp', `${NODE}:10250`] }),
  },
  {
    id: 'node to node',
    place: 'host-network',
    run: () => ({ argv: [...UNTIL, 'dial', 'tcp', `${NODE}:10250`] }),
  },
  { id: 'loopback', place: 'pod', sentinel: true, run: () => ({ argv: ['own-host'] }) },
  { id: 'unix sockets', place: 'pod', run: () => ({ argv: ['unix-sockets'] }) },
  { id: 'localhost by name', place: 'pod', run: () => ({ argv: ['lookup', 'localhost'] }) },
  {
    id: 'multicast DNS on the link',
    place: 'pod',
    run: () => ({ argv: ['multicast-link', '224.0.0.251:5353'] }),
  },
  {
    id: 'multicast on the link, IPv6',
    place: 'pod',
    run: () => ({ argv: ['multicast-link', '[ff02::fb]:5353'] }),
  },
  { id: 'broadcast on the link', place: 'pod', run: () => ({ argv: ['broadcast', '255.255.255.255:67'] }) },
  { id: 'ping of the gateway', place: 'pod', rights: RAW, run: () => ({ argv: ['icmp', GATEWAY] }) },
  {
    id: 'ARP by a frame of its own',
    place: 'pod',
    rights: RAW,
    run: () => ({ argv: ['arp', '10.42.0.200'] }),
  },
  {
    id: 'reverse look-up of an inside address',
    place: 'pod',
    run: () => ({ argv: ['lookup-address', GATEWAY] }),
  },
];

function full({ service, namespace }: Inside): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

function probe(id: string, port: number, sentinel = false): QuietCase {
  return {
    id,
    place: 'pod',
    sentinel,
    run: (_, draw) => ({ argv: ['udp-probe', `${draw.address4()}:${port}`] }),
  };
}
