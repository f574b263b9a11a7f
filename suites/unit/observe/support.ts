// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../../harness/core/clock.ts';
import type {
  Event,
  EventBody,
  EventOf,
  EventSink,
  EventType,
  InsideRanges,
} from '../../../harness/core/events.ts';

export const INSIDE: InsideRanges = {
  node: ['10.99.0.0/24', 'fd99::/64'],
  pods: ['10.42.0.0/16'],
  services: ['10.43.0.0/16'],
  resolvers: ['10.99.0.2', 'fd99::2'],
  clusterDomain: 'cluster.local',
};

/** A log in memory; what is not stamped happened at 0. */
export class MemoryLog implements EventSink {
  readonly events: Event[] = [];

  append(body: EventBody, { at = 0, node }: { readonly at?: number; readonly node?: string } = {}): void {
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

/** A clock that began at 0 of both system clocks and stands still. */
export function standingClock(now = 0): Clock {
  return {
    now: () => now,
    fromMonotonic: Number,
    fromRealtime: Number,
    realtime: { offsetNs: 0n, errorNs: 0 },
    startedAt: new Date(0),
  };
}
