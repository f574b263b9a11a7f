// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { CANARY_PLACES, OBSERVERS } from '../../core/events.ts';
import type { CanaryPlace, Destination, EventOf, ObserverId } from '../../core/events.ts';
import type { LinkPlan } from '../../core/node.ts';
import { isRouted, type Profile } from '../../core/profile.ts';
import { PROXY } from '../../core/proxy.ts';
import { ipv6Text } from '../address-text.ts';
import { promisedAnswers } from './promises.ts';

export type CanaryStage = EventOf<'canary'>['stage'];

export const CANARY_KINDS = [
  'tcp4',
  'tcp6',
  'udp4',
  'udp6',
  'icmp4',
  'icmp6',
  'packet4',
  'packet6',
  'dns-udp4',
  'dns-tcp4',
  'dns-udp6',
  'dns-tcp6',
] as const;
/** `proxy` asks the site's proxy for a name, where there is one. */
export type CanaryKind = (typeof CANARY_KINDS)[number] | 'proxy';

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
  /** For raw frames from a node: the neighbour they are handed to. A pod uses its default gateway. For `proxy`: its place. */
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
const STAGES: readonly CanaryStage[] = ['boot', 'start', 'end'];
/** Host numbers of one place and stage: 254 shared between nine. ICMP has no port that would tell them apart. */
const SHARE = Math.floor(254 / (STAGES.length * CANARY_PLACES.length));
const FIRST_PORT = 20_000;
const PORTS = 40_000;

/**
 * The canaries of one place and stage: one of each kind that makes sense there, each with a destination of its own, so that
 * a sighting belongs to one canary and no other. What must see them:
 *
 * - TCP, UDP and raw ICMP end in the routing look-up where the node has no default route; else they are packets on the link
 *   too, and in `trap` TCP reaches the sink. A pod's IPv4 packets go to cni0 first; it has no IPv6 route.
 * - A raw frame knows no routing: on the link from a node's place, on cni0 from a pod.
 * - A question goes to the node's resolver: look-up, link, fake DNS. A pod's goes to the cluster DNS, which asks the fake DNS.
 */
export function planCanaries(options: CanaryPlanOptions): readonly PlannedCanary[] {
  const { place, stage, link, profile = 'no-route', available = OBSERVERS, random = randomBytes } = options;
  const inPod = place === 'pod';
  const everywhere = inPod ? CANARY_KINDS.filter((kind) => !/^dns-.*6$/.test(kind)) : CANARY_KINDS;
  const kinds: readonly CanaryKind[] = profile === 'proxy' ? [...everywhere, 'proxy'] : everywhere;
  const ports = uniquePorts(kinds.length, random);
  return kinds.map((kind, index) => {
    const isIpv6 = kind.endsWith('6');
    const address = isIpv6 ? documentation6(random) : documentation4(index, shareOf(place, stage), random);
    const port = ports[index] ?? 0;
    const sink = bare(isIpv6 ? link.sink6 : link.sink4);
    const promised = promisedAnswers(kind, place, profile);
    const handsOver = kind.startsWith('packet') && !inPod;
    return {
      id: `${stage}-${place}-${kind}`,
      place,
      stage,
      kind,
      to: kind.startsWith('dns-')
        ? question(kind, random, inPod ? undefined : sink)
        : kind === 'proxy'
          ? { protocol: 'tcp', name: canaryName(random), port: 443 }
          : { protocol: protocolOf(kind), address, ...(kind.startsWith('icmp') ? {} : { port }) },
      expect: expected(kind, inPod, profile).filter((observer) => available.includes(observer)),
      ...(promised === null ? {} : { promised }),
      ...(handsOver ? { gateway: bare(link.sink4) } : {}),
      ...(kind === 'proxy' ? { gateway: `${PROXY.address}:${PROXY.port}` } : {}),
    };
  });
}

function expected(kind: CanaryKind, inPod: boolean, profile: Profile): readonly ObserverId[] {
  if (kind === 'proxy') return ['sink'];
  if (kind.startsWith('packet')) return [inPod ? 'cni' : 'link'];
  if (kind.startsWith('dns-')) return inPod ? ['cni', 'dns'] : ['routes', 'link', 'dns'];
  if (inPod && kind.endsWith('6')) return ['routes'];
  const atPod: readonly ObserverId[] = inPod ? ['cni'] : [];
  const onLink: readonly ObserverId[] = isRouted(profile) ? ['link'] : [];
  const atSink: readonly ObserverId[] = profile === 'trap' && kind.startsWith('tcp') ? ['sink'] : [];
  return ['routes', ...atPod, ...onLink, ...atSink];
}

function protocolOf(kind: CanaryKind): Destination['protocol'] {
  if (kind.startsWith('icmp')) return kind === 'icmp4' ? 'icmp' : 'icmpv6';
  return kind.startsWith('tcp') ? 'tcp' : 'udp'; // a raw frame carries UDP
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
  return STAGES.indexOf(stage) * CANARY_PLACES.length + CANARY_PLACES.indexOf(place);
}

function documentation4(index: number, share: number, random: (size: number) => Buffer): string {
  const network = DOCUMENTATION4[index % DOCUMENTATION4.length] ?? DOCUMENTATION4[0];
  return `${network}.${1 + share * SHARE + (random(1).readUInt8(0) % SHARE)}`;
}

function documentation6(random: (size: number) => Buffer): string {
  return ipv6Text(Buffer.concat([DOCUMENTATION6, random(12)]), 0);
}

function uniquePorts(count: number, random: (size: number) => Buffer): number[] {
  const first = random(2).readUInt16BE(0) % PORTS;
  return Array.from({ length: count }, (_, index) => FIRST_PORT + ((first + 7 * index) % PORTS));
}

function bare(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}
