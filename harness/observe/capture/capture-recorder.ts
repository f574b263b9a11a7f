// SPDX-License-Identifier: Apache-2.0
import type { Packet } from 'pcap-parser';
import type { Clock } from '../../core/clock.ts';
import {
  type Destination,
  type Endpoint,
  type EventSink,
  FIRST_ETHERTYPE,
  type NodeId,
  type ObserverId,
} from '../../core/events.ts';
import { messagesOf, questionsOf } from '../dns-question.ts';
import { protocolOf } from '../protocols.ts';
import type { InsideAddresses } from '../../core/inside-addresses.ts';
import { FOLD_NS, type Folded, SecondFold } from '../second-fold.ts';
import { decodeFrame, type IpFrame, type OtherFrame } from './frame.ts';
import { Passes } from './passes.ts';
import { type Transport, TransportReader } from './transport.ts';

export interface CaptureRecorderOptions {
  readonly id: ObserverId;
  readonly log: EventSink;
  readonly clock: Clock;
  readonly node: NodeId;
  /** Path of the capture file relative to the run folder. */
  readonly file: string;
  /** Null: whatever arrives is a sighting (the witness). */
  readonly inside: InsideAddresses | null;
}

interface Seen {
  readonly from: Endpoint;
  readonly to: Destination;
  readonly record: number;
}

const DNS_PORT = 53;
const TCP = 6;
const ICMPV6 = 58;
/** Multicast listener and neighbour discovery: a kernel's own talk with its link, never forwarded (RFC 3810, RFC 4861). */
const LINK_TALK = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/**
 * Turns captured packets into sightings: one for each source, destination and second; each question for a name for itself,
 * since it is joined by its source port. `count` counts packets.
 */
export class CaptureRecorder {
  readonly #options: CaptureRecorderOptions;
  readonly #transport = new TransportReader();
  readonly #passes = new Passes();
  readonly #fold: SecondFold<Seen>;
  #received = 0;

  constructor(options: CaptureRecorderOptions) {
    this.#options = options;
    this.#fold = new SecondFold((folded) => this.#write(folded));
  }

  /** Packets taken so far: the last one's number in the capture file. */
  get received(): number {
    return this.#received;
  }

  /** Takes the next packet of the capture. */
  take({ header, data }: Packet): void {
    this.#received += 1;
    const frame = decodeFrame(data);
    const { timestampSeconds, timestampMicroseconds } = header;
    const at = this.#options.clock.fromRealtime(
      BigInt(timestampSeconds) * 1_000_000_000n + BigInt(timestampMicroseconds) * 1000n,
    );
    if (frame.kind === 'ip') return this.#ip(frame, at);
    if (frame.kind === 'other') return this.#other(frame, at);
    if (this.#options.inside !== null) return;
    this.#add(
      `arp|${frame.source}|${frame.target}`,
      at,
      { address: frame.source },
      { protocol: 'other', address: frame.target },
    );
  }

  /** Writes what began more than a second ago. */
  tick(): void {
    this.#fold.closeBefore(this.#options.clock.now() - FOLD_NS);
  }

  writeAll(): void {
    this.#fold.closeAll();
  }

  /** Neither IP nor ARP: a bridge of pods keeps it inside, what is on the node's link has left the node. */
  #other({ etherType, source, destination }: OtherFrame, at: number): void {
    if (this.#options.id === 'cni' || etherType < FIRST_ETHERTYPE) return;
    this.#add(
      `${source}|${destination}|${etherType}`,
      at,
      { address: source },
      { protocol: 'other', protocolNumber: etherType, address: destination },
    );
  }

  #ip(frame: IpFrame, at: number): void {
    const { source, destination, protocol } = frame;
    const { inside } = this.#options;
    if (inside === null && protocol === ICMPV6 && LINK_TALK.has(frame.payload[0] ?? -1)) return;
    const transport = this.#transport.read(frame);
    const { sourcePort, destinationPort } = transport;
    const from = { address: source, ...(sourcePort === undefined ? {} : { port: sourcePort }) };
    if (destinationPort === DNS_PORT && this.#questions(frame, transport, from, at)) return;
    if (inside?.has(destination) === true) return;
    this.#add(`${source}|${destination}|${protocol}|${destinationPort ?? ''}`, at, from, {
      ...protocolOf(protocol),
      address: destination,
      ...(destinationPort === undefined ? {} : { port: destinationPort }),
    });
  }

  /** True when the packet carries questions, which are then written. */
  #questions(frame: IpFrame, { data }: Transport, from: Endpoint, at: number): boolean {
    if (data === undefined || data.length === 0) return false;
    const transport = frame.protocol === TCP ? 'tcp' : 'udp';
    const messages = transport === 'tcp' ? [...messagesOf(data)] : [data];
    const questions = messages.flatMap((message) => questionsOf(message) ?? []);
    for (const { name, type, id } of questions) {
      if (
        this.#passes.isAgain(
          `${from.address}|${from.port}|${frame.destination}|${transport}|${id}|${type}|${name}`,
          at,
        )
      )
        continue;
      const question = { type, transport, id } as const;
      this.#add(null, at, from, {
        protocol: 'dns',
        address: frame.destination,
        port: DNS_PORT,
        name,
        question,
      });
    }
    return questions.length > 0;
  }

  #add(key: string | null, at: number, from: Endpoint, to: Destination): void {
    this.#fold.add(key, at, { from, to, record: this.#received });
  }

  #write({ item, at, last, count }: Folded<Seen>): void {
    const { id, log, node, file } = this.#options;
    const { from, to, record } = item;
    log.append(
      { type: 'sighting', observer: id, last, count, from, to, raw: { file, record } },
      { at, node },
    );
  }
}
