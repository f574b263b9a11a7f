// SPDX-License-Identifier: Apache-2.0
import type { Protocol } from '../core/events.ts';
import type { Sighting } from './sighting.ts';
import { programOf } from './tasks.ts';

/**
 * Ports that resolvers "connect" a UDP socket to, to learn which source address the kernel would choose. Nothing is
 * sent. 0: glibc's getaddrinfo and `ip route get`; 9: Go's net package; 65535: musl's getaddrinfo.
 */
const SOURCE_ADDRESS_PORTS: ReadonlySet<number | null> = new Set([0, 9, 65535]);

/**
 * A routing look-up that is no wish to send: address sorting, or protocol 0, which no packet can have (`ip route`). With a source
 * address it is the kernel's, for a packet that it turned round to a Service's endpoint: one without a route goes no further.
 * It counts as an attempt all the same when a captured frame shows that something was sent.
 */
export function isRouteProbe(sighting: Sighting): boolean {
  if (sighting.observer !== 'routes') return false;
  if (sighting.protocol === 'udp') return SOURCE_ADDRESS_PORTS.has(sighting.port);
  if (sighting.protocol !== 'other' || sighting.protocolNumber !== 0) return false;
  return sighting.fromAddress === null || sighting.err === null || sighting.err === 0;
}

export interface Place {
  readonly protocol: Protocol;
  readonly protocolNumber: number | null;
  readonly address: string | null;
  readonly port: number | null;
}

/** Ports to which a program that sends ICMP connects a UDP socket first; `other`: arguments by which it sends something else. */
const BEFORE_ICMP = [
  { program: /^(?:ping|ping4|ping6)$/, port: 1025, other: /^$/ },
  { program: /^mtr$/, port: 1, other: /^(?:-T|-u|-S|--tcp|--udp|--sctp)$/ },
];
const TRACE = /^(?:traceroute6?(?:\.db)?|tracepath6?|mtr|mtr-packet)$/;

/**
 * What the program wished for, where that differs from what it asked of the kernel: iputils' ping first connects a UDP
 * socket to port 1025 (its source-address probe; without a route it stops there), mtr to port 1, and traceroute uses another UDP
 * port for each hop.
 */
export function wishedPlace(sighting: Sighting): Place & { readonly probe: boolean } {
  const { protocol, protocolNumber, address, port, task } = sighting;
  const program = task === null ? '' : programOf(task.exe);
  const before = BEFORE_ICMP.find((one) => one.port === port && one.program.test(program));
  if (
    protocol === 'udp' &&
    before !== undefined &&
    task?.argv?.some((text) => before.other.test(text)) !== true
  ) {
    const icmp = address?.includes(':') === true ? 'icmpv6' : 'icmp';
    return { protocol: icmp, protocolNumber: null, address, port: null, probe: true };
  }
  if (protocol === 'udp' && port !== null && port > 33434 && port < 33700 && TRACE.test(program))
    return { protocol, protocolNumber, address, port: 33434, probe: false };
  return { protocol, protocolNumber, address, port, probe: false };
}

/** CoreDNS's `loop` plugin asks for `<number>.<number>` HINFO at each start, to find out whether it asks itself. */
export function isLoopProbe(sighting: Sighting): boolean {
  return sighting.question?.type === 'HINFO' && /^\d+\.\d+$/.test(sighting.name ?? '');
}
