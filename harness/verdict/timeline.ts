// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import type { Sighting } from './sighting.ts';

interface Timed {
  readonly sighting: Pick<Sighting, 'at' | 'last'>;
}

/** Entries in the order of time, to find the nearest one without walking through a storm. */
export class Timeline<T extends Timed> {
  readonly #entries: T[] = [];
  #longest = 0;
  #sorted = true;

  add(entry: T): void {
    const { at, last } = entry.sighting;
    const previous = this.#entries.at(-1);
    if (previous !== undefined && previous.sighting.at > at) this.#sorted = false;
    this.#longest = Math.max(this.#longest, last - at);
    this.#entries.push(entry);
  }

  /**
   * The entry that is nearest to `at`, among those that fit and that lie (from their first to their last sighting) at most
   * `before` ahead of it or `after` behind it; of those that are as near, the one that began last before it. All in nanoseconds.
   */
  nearest(at: RunNs, before: number, after: number, fits: (entry: T) => boolean): T | null {
    const entries = this.#inOrder();
    const next = this.#firstAfter(at);
    let found: T | null = null;
    let distance = before;
    for (let index = next - 1; index >= 0; index -= 1) {
      const entry = entries[index];
      // what began earlier ended too long ago
      if (entry === undefined || at - entry.sighting.at > distance + this.#longest) break;
      const gap = Math.max(0, at - entry.sighting.last);
      if ((found === null ? gap > distance : gap >= distance) || !fits(entry)) continue;
      found = entry;
      distance = gap;
      if (gap === 0) return entry;
    }
    for (let index = next; index < entries.length; index += 1) {
      const entry = entries[index];
      const gap = entry === undefined ? Infinity : entry.sighting.at - at;
      if (entry === undefined || gap > after || (found !== null && gap >= distance)) break;
      if (fits(entry)) return entry;
    }
    return found;
  }

  /** Entries that overlap [from, to]. */
  overlapping(from: RunNs, to: RunNs): T[] {
    const found: T[] = [];
    const entries = this.#inOrder();
    for (let index = this.#firstAfter(to) - 1; index >= 0; index -= 1) {
      const entry = entries[index];
      if (entry === undefined || entry.sighting.at < from - this.#longest) break;
      if (entry.sighting.last >= from) found.push(entry);
    }
    return found.toReversed();
  }

  #inOrder(): readonly T[] {
    if (!this.#sorted) {
      this.#entries.sort((a, b) => a.sighting.at - b.sighting.at);
      this.#sorted = true;
    }
    return this.#entries;
  }

  /** Index of the first entry that begins after `at`. */
  #firstAfter(at: RunNs): number {
    const entries = this.#inOrder();
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.sighting.at ?? Number.POSITIVE_INFINITY) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Timelines by key. */
export class Timelines<T extends Timed> {
  readonly #byKey = new Map<string, Timeline<T>>();

  add(key: string, entry: T): void {
    let timeline = this.#byKey.get(key);
    if (timeline === undefined) {
      timeline = new Timeline();
      this.#byKey.set(key, timeline);
    }
    timeline.add(entry);
  }

  get(key: string): Timeline<T> | undefined {
    return this.#byKey.get(key);
  }
}
