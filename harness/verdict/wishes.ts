// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { FIRST_ETHERTYPE, type Protocol } from '../core/events.ts';
import { type Culprit, ownerKey } from './culprit.ts';
import type { Wanted } from './pulls.ts';
import type { Sighting } from './sighting.ts';

/** Protocol numbers with a name a reader knows (IANA protocol-numbers). */
const NUMBERED: Readonly<Record<number, string>> = {
  0: 'ip',
  2: 'igmp',
  4: 'ipip',
  41: 'ipv6-in-ip',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  132: 'sctp',
  136: 'udplite',
  255: 'raw',
};

export interface WishedDestination {
  readonly protocol: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly name: string | null;
}

/** One sighting as part of a wish. `counts`: how many tries it stands for; 0 for one that only adds evidence. */
export interface Part {
  readonly sighting: Sighting;
  readonly counts: number;
  /** A few words the evidence needs beside the raw record. */
  readonly note: string | null;
}

/** All sightings of one culprit's wish to reach one destination. */
export interface Wish {
  readonly key: string;
  readonly destination: WishedDestination;
  culprit: Culprit;
  readonly pods: Map<string, Culprit>;
  readonly parts: Part[];
  /** The image it is about, when the container runtime asked on behalf of a pod. */
  readonly wanted: Wanted | null;
}

/** Name of a protocol as reports show it. */
export function protocolName(protocol: Protocol, number: number | null): string {
  if (protocol !== 'other') return protocol;
  if (isEtherType(number)) return `ethertype-0x${number.toString(16).padStart(4, '0')}`;
  return NUMBERED[number ?? -1] ?? `ip-${number ?? 'unknown'}`;
}

/** True for the number of a frame that carries no IP: an IP protocol's has one byte, an Ethernet type is larger. */
export function isEtherType(number: number | null): number is number {
  return number !== null && number >= FIRST_ETHERTYPE;
}

/** JSON of what makes an attempt the same attempt in another run. */
export function wishKey(culprit: Culprit, { protocol, name, address, port }: WishedDestination): string {
  return JSON.stringify([ownerKey(culprit), culprit.container, protocol, name ?? address, port]);
}

/** First 16 hex digits of the sha256 of the key. */
export function wishId(wish: Wish): string {
  return createHash('sha256').update(wish.key).digest('hex').slice(0, 16);
}

const CERTAINTY = { observed: 3, joined: 2, inferred: 1, unknown: 0 } as const;

/** Wishes by key. */
export class Wishes {
  readonly #byKey = new Map<string, Wish>();

  /** The wish of this culprit for this destination, new or known; keeps the surest account of who it was. */
  of(culprit: Culprit, destination: WishedDestination, wanted: Wanted | null = null): Wish {
    const key = wishKey(culprit, destination);
    let wish = this.#byKey.get(key);
    if (wish === undefined) {
      wish = { key, destination, culprit, pods: new Map(), parts: [], wanted };
      this.#byKey.set(key, wish);
    }
    this.meet(wish, culprit);
    return wish;
  }

  /** Takes what this culprit's account adds to who it was: the surest one stays. */
  meet(wish: Wish, culprit: Culprit): void {
    if (CERTAINTY[culprit.confidence.process] > CERTAINTY[wish.culprit.confidence.process])
      wish.culprit = culprit;
    if (culprit.pod !== null) wish.pods.set(`${culprit.namespace ?? ''}/${culprit.pod}`, culprit);
  }

  /** The wish of this culprit for this destination, when it is known. */
  find(culprit: Culprit, destination: WishedDestination): Wish | null {
    return this.#byKey.get(wishKey(culprit, destination)) ?? null;
  }

  delete(wish: Wish): void {
    this.#byKey.delete(wish.key);
  }

  list(): Wish[] {
    return [...this.#byKey.values()];
  }
}
