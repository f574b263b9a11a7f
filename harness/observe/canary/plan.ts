// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { HarnessError } from '../../core/errors.ts';
import { CANARY_PLACES, OBSERVERS } from '../../core/events.ts';
import type { CanaryPlace, Destination, EventOf, ObserverId } from '../../core/events.ts';
import type { LinkPlan } from '../../core/node.ts';
import { isRouted, type Profile } from '../../core/profile.ts';
import { PROXY } from '../../core/proxy.ts';
import { ipv6Text } from '../address-text.ts';
import { promisedAnswers } from './promises.ts';

export type CanaryStage = EventOf<'canary'>['stage'];

/**
 * The ways through the kernel, each with its IP version: blocking and non-blocking connect, TCP Fast Open by sendto, MPTCP, an
 * IPv4 address by an IPv6 socket, SO_BINDTODEVICE, the system call of 32-bit programs, io_uring without and with a kernel thread (SQPOLL); datagrams by connect and
 * write, sendto, sendmsg, sendmmsg, io_uring and multicast; raw ICMP, ping sockets, packets with their own IP header
 * (IP_HDRINCL), Ethernet frames (AF_PACKET), and questions to the DNS.
 */
export const CANARY_KINDS = [
  'tcp4',
  'tcp6',
  'tcp-nonblocking4',
  'tcp-nonblocking6',
  'tcp-fastopen4',
  'tcp-fastopen6',
  'tcp-mptcp4',
  'tcp-mptcp6',
  'tcp-mapped4',
  'tcp-device4',
  'tcp-device6',
  'tcp-32bit4',
  'tcp-32bit6',
  'tcp-uring4',
  'tcp-uring6',
  'tcp-sqpoll4',
  'tcp-sqpoll6',
  'udp4',
  'udp6',
  'udp-sendto4',
  'udp-sendto6',
  'udp-sendmsg4',
  'udp-sendmsg6',
  'udp-sendmmsg4',
  'udp-sendmmsg6',
  'udp-uring4',
  'udp-uring6',
  'udp-sqpoll4',
  'udp-sqpoll6',
  'udp-multicast4',
  'udp-multicast6',
  'icmp4',
  'icmp6',
  'ping4',
  'ping6',
  'header4',
  'header6',
  'packet4',
  'packet6',
  'dns-udp4',
  'dns-tcp4',
  'dns-udp6',
  'dns-tcp6',
] as const;
/** `proxy` asks the site's proxy for a name, where there is one. */
export type CanaryKind = (typeof CANARY_KINDS)[number] | 'proxy';

/** Kinds that a kernel may be built without, or lets only those have whom a setting or a capability names. */
const OPTIONAL =
  /^(?:tcp-(?:fastopen|mptcp|device|32bit|uring|sqpoll)|udp-(?:uring|sqpoll)|icmp|ping|header|packet)/;
/** Kinds that must be told which interface leads outside: they leave by it, or write its address into the packet. */
const BY_DEVICE = /^(?:packet|header|tcp-device|udp-multicast)/;

/** A known attempt, before it is made. */
export interface PlannedCanary {
  readonly id: string;
  readonly place: CanaryPlace;
  readonly stage: CanaryStage;
  readonly kind: CanaryKind;
  readonly to: Destination;
  readonly expect: readonly ObserverId[];
  /** What the profile promises that it meets; any of them. Undefined: nothing is promised. */
  readonly promised?: readonly string[];
  /** Its kind may be missing where it stands; else it must be made. @default false */
  readonly optional?: true;
  /** For kinds by an interface, from a node: the neighbour behind it. A pod uses its default gateway. For `proxy`: its place. */
  readonly gateway?: string;
}

export interface CanaryPlanOptions {
  readonly place: CanaryPlace;
  readonly stage: CanaryStage;
  readonly link: Pick<LinkPlan, 'sink4' | 'sink6'>;
  /** @default no-route */
  readonly profile?: Profile;
  /** Observers that the run has: no other is expected to see. @default all */
  readonly available?: readonly ObserverId[];
  /** Source of random bytes; the same bytes give the same plan. @default the system's */
  readonly random?: (size: number) => Buffer;
}

/** TEST-NET-1, -2 and -3 (RFC 5737): routed nowhere. */
const DOCUMENTATION4 = ['192.0.2', '198.51.100', '203.0.113'] as const;
/** 2001:db8::/32 (RFC 3849). */
const DOCUMENTATION6 = Buffer.from('20010db8', 'hex');
/** Organisation-local scope (RFC 2365, RFC 7346): no address that a link would keep to itself. */
const MULTICAST4 = '239.192';
const MULTICAST6 = Buffer.from('ff080000', 'hex');
/**
 * Host numbers of one place and stage. Kinds without a port have nothing else that would tell them apart, so each of them has a
 * network of its own: the first two, since the leak corpus sends such things into the third. 252 numbers are 42 shares: those of boot, start,
 * end and eleven restarts.
 */
const SHARE = 6;
const MOST_RESTARTS = 11;
const NETWORK_OF: Partial<Record<CanaryKind, number>> = { icmp4: 0, ping4: 1, header4: 0 };
const FIRST_PORT = 20_000;
const PORTS = 40_000;
/** What the kernel looks the route of a packet up as that has its own header: IPPROTO_RAW. */
const OWN_HEADER = 255;

/**
 * The canaries of one place and stage: one of each kind that makes sense there, each with a destination of its own, so that
 * a sighting belongs to one canary and no other. What must see them (Linux 6.18, suites/integration/observe/canary.test.ts):
 *
 * - TCP, UDP, ICMP and packets with their own header end in the routing look-up where the node has no default route; else they
 *   are packets on the link too, and in `trap` TCP reaches the sink. A pod's IPv4 packets go to cni0 first; it has no IPv6 route.
 * - Multicast by an interface leaves by it, route or not, and nobody passes it on. Of IPv6 it makes no look-up that is traced: its
 *   route is in the table `local`.
 * - A raw frame knows no routing: on the link from a node's place, on cni0 from a pod.
 * - A question goes to the node's resolver: look-up, link, fake DNS. A pod's goes to the cluster DNS, which asks the fake DNS.
 *
 * Throws HarnessError (harness) at a twelfth restart.
 */
export function planCanaries(options: CanaryPlanOptions): readonly PlannedCanary[] {
  const { place, stage, link, profile = 'no-route', available = OBSERVERS, random = randomBytes } = options;
  const inPod = place === 'pod';
  const everywhere = inPod ? CANARY_KINDS.filter((kind) => !/^dns-.*6$/.test(kind)) : CANARY_KINDS;
  const kinds: readonly CanaryKind[] = profile === 'proxy' ? [...everywhere, 'proxy'] : everywhere;
  const ports = uniquePorts(kinds.length, random);
  const share = shareOf(place, stage);
  return kinds.map((kind, index) => {
    const promised = promisedAnswers(kind, place, profile);
    const sink = bare(kind.endsWith('6') ? link.sink6 : link.sink4);
    return {
      id: `${stage}-${place}-${kind}`,
      place,
      stage,
      kind,
      to: kind.startsWith('dns-')
        ? question(kind, random, inPod ? undefined : sink)
        : kind === 'proxy'
          ? { protocol: 'tcp', name: canaryName(random), port: 443 }
          : {
              ...protocolOf(kind),
              address: addressOf(kind, NETWORK_OF[kind] ?? index % DOCUMENTATION4.length, share, random),
              ...(hasPort(kind) ? { port: ports[index] ?? 0 } : {}),
            },
      expect: expected(kind, inPod, profile).filter((observer) => available.includes(observer)),
      ...(promised === null ? {} : { promised }),
      ...(OPTIONAL.test(kind) ? { optional: true } : {}),
      ...(BY_DEVICE.test(kind) && !inPod ? { gateway: bare(link.sink4) } : {}),
      ...(kind === 'proxy' ? { gateway: `${PROXY.address}:${PROXY.port}` } : {}),
    };
  });
}

function expected(kind: CanaryKind, inPod: boolean, profile: Profile): readonly ObserverId[] {
  if (kind === 'proxy') return ['sink'];
  if (kind.startsWith('packet')) return [inPod ? 'cni' : 'link'];
  if (kind.startsWith('udp-multicast'))
    return [...(kind.endsWith('4') ? (['routes'] as const) : []), inPod ? 'cni' : 'link'];
  if (kind.startsWith('dns-')) return inPod ? ['cni', 'dns'] : ['routes', 'link', 'dns'];
  if (inPod && kind.endsWith('6')) return ['routes'];
  const atPod: readonly ObserverId[] = inPod ? ['cni'] : [];
  const onLink: readonly ObserverId[] = isRouted(profile) ? ['link'] : [];
  const atSink: readonly ObserverId[] = profile === 'trap' && kind.startsWith('tcp') ? ['sink'] : [];
  return ['routes', ...atPod, ...onLink, ...atSink];
}

function protocolOf(kind: CanaryKind): Pick<Destination, 'protocol' | 'protocolNumber'> {
  if (!hasPort(kind)) return { protocol: kind.endsWith('4') ? 'icmp' : 'icmpv6' };
  if (kind.startsWith('header')) return { protocol: 'other', protocolNumber: OWN_HEADER };
  return { protocol: kind.startsWith('tcp') ? 'tcp' : 'udp' }; // a raw frame carries UDP, and so does an own header
}

function hasPort(kind: CanaryKind): boolean {
  return !/^(?:icmp|ping)/.test(kind);
}

/** A name nobody else asks for, below `.test` (RFC 6761: never a real name). */
function canaryName(random: (size: number) => Buffer): string {
  return `c${random(8).toString('hex')}.canary.test`;
}

function question(kind: CanaryKind, random: (size: number) => Buffer, server?: string): Destination {
  const transport = kind.startsWith('dns-udp') ? 'udp' : 'tcp';
  return {
    protocol: 'dns',
    ...(server === undefined ? {} : { address: server }),
    port: 53,
    name: canaryName(random),
    question: { type: 'A', transport, id: random(2).readUInt16BE(0) },
  };
}

function shareOf(place: CanaryPlace, stage: CanaryStage): number {
  const first = (['boot', 'start', 'end'] as const).findIndex((one) => one === stage);
  const restart = Number(/^restart-(\d+)$/.exec(stage)?.[1] ?? 0);
  if (restart > MOST_RESTARTS)
    throw new HarnessError(
      `canaries can be made after ${MOST_RESTARTS} restarts of a node, not after ${restart}`,
      {
        code: 'harness',
      },
    );
  return (first < 0 ? 2 + restart : first) * CANARY_PLACES.length + CANARY_PLACES.indexOf(place);
}

function addressOf(
  kind: CanaryKind,
  network: number,
  share: number,
  random: (size: number) => Buffer,
): string {
  const isMulticast = kind.startsWith('udp-multicast');
  if (kind.endsWith('6')) {
    const prefix = isMulticast ? MULTICAST6 : DOCUMENTATION6;
    return ipv6Text(Buffer.concat([prefix, random(12)]), 0);
  }
  if (isMulticast) return [MULTICAST4, ...random(2)].join('.');
  return `${DOCUMENTATION4[network] ?? ''}.${1 + share * SHARE + (random(1).readUInt8(0) % SHARE)}`;
}

function uniquePorts(count: number, random: (size: number) => Buffer): number[] {
  const first = random(2).readUInt16BE(0) % PORTS;
  return Array.from({ length: count }, (_, index) => FIRST_PORT + ((first + 7 * index) % PORTS));
}

function bare(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}
