// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import type { EvidenceRef, NodeId, ObserverId, Protocol } from '../core/events.ts';
import type { EventOf } from '../core/events.ts';
import { canonicalAddress } from './addresses.ts';
import type { TaskState } from './tasks.ts';

/** A `sighting` of the log in one spelling, with the task as it was then. What is not known is null. */
export interface Sighting {
  readonly at: RunNs;
  readonly last: RunNs;
  readonly count: number;
  readonly node: NodeId | null;
  readonly observer: ObserverId;
  readonly task: TaskState | null;
  readonly fromAddress: string | null;
  readonly fromPort: number | null;
  readonly protocol: Protocol;
  readonly protocolNumber: number | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly name: string | null;
  /** What the sink read of a connection's beginning. */
  readonly sni: string | null;
  readonly host: string | null;
  readonly path: string | null;
  /** Address that the fake DNS gave for the name. */
  readonly answer: string | null;
  readonly question: { readonly type: string; readonly transport: 'udp' | 'tcp'; readonly id: number } | null;
  /** What the kernel answered to a routing look-up. */
  readonly err: number | null;
  readonly raw: EvidenceRef;
}

const HAS_PORTS: ReadonlySet<Protocol> = new Set(['tcp', 'udp', 'dns']);

/** Reads one `sighting` event. Ports of protocols that have none, and source port 0 ("not chosen yet"), are null. */
export function sightingOf(event: EventOf<'sighting'>, task: TaskState | null): Sighting {
  const { from, to } = event;
  return {
    at: event.at,
    last: Math.max(event.last, event.at),
    count: event.count,
    node: event.node ?? null,
    observer: event.observer,
    task,
    fromAddress: from.address === undefined ? null : canonicalAddress(from.address),
    fromPort: from.port === undefined || from.port === 0 ? null : from.port,
    protocol: to.protocol,
    protocolNumber: to.protocolNumber ?? null,
    address: to.address === undefined ? null : canonicalAddress(to.address),
    port: HAS_PORTS.has(to.protocol) ? (to.port ?? null) : null,
    name: to.name === undefined ? null : to.name.toLowerCase().replace(/\.$/, ''),
    sni: to.sni ?? null,
    host: to.host ?? null,
    path: to.path ?? null,
    answer: event.answer === undefined ? null : canonicalAddress(event.answer),
    question: to.question ?? null,
    err: event.err ?? null,
    raw: event.raw,
  };
}

/** Key of a destination as one observer sees it: equal keys are the same place. */
export function placeKey(protocol: Protocol, address: string | null, port: number | null): string {
  return `${protocol}|${address ?? ''}|${port ?? ''}`;
}
