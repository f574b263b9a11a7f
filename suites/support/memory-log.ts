// SPDX-License-Identifier: Apache-2.0
import type {
  Event,
  EventBody,
  EventOf,
  EventSink,
  EventType,
  InsideRanges,
} from '../../harness/core/events.ts';

export const INSIDE: InsideRanges = {
  node: ['10.99.0.0/24', 'fd99::/64'],
  pods: ['10.42.0.0/16'],
  services: ['10.43.0.0/16'],
  resolvers: ['10.99.0.2', 'fd99::2'],
  clusterDomain: 'cluster.local',
};

/** A log in memory. */
export class MemoryLog implements EventSink {
  readonly events: Event[] = [];
  readonly #now: () => number;

  /** @param now when what is not stamped happened @default always 0 */
  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  append(body: EventBody, stamp: { readonly at?: number; readonly node?: string } = {}): void {
    const { at = this.#now(), node } = stamp;
    this.events.push({
      v: 1,
      seq: this.events.length + 1,
      at,
      ...(node === undefined ? {} : { node }),
      ...body,
    });
  }

  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }
}
