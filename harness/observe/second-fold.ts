// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';

export const FOLD_NS: RunNs = 1_000_000_000;

/** Several of the same kind within a second, as one. */
export interface Folded<T> {
  /** The first of them; may still be made more exact until it is emitted. */
  item: T;
  at: RunNs;
  last: RunNs;
  count: number;
}

/** Keeps a storm small: what is equal by its key within a second becomes one thing with a count. */
export class SecondFold<T> {
  readonly #open = new Map<string | symbol, Folded<T>>();
  readonly #emit: (folded: Folded<T>) => void;

  /** @param emit called once for each fold, in order of opening */
  constructor(emit: (folded: Folded<T>) => void) {
    this.#emit = emit;
  }

  /** Adds one that happened at `at`. A key of null folds with nothing. */
  add(key: string | null, at: RunNs, item: T): Folded<T> {
    const open = key === null ? undefined : this.#open.get(key);
    if (open !== undefined && at - open.at < FOLD_NS) {
      open.count += 1;
      open.at = Math.min(open.at, at); // two CPUs' records may come in the wrong order
      open.last = Math.max(open.last, at);
      return open;
    }
    const id = key ?? Symbol('alone');
    if (open !== undefined) {
      this.#open.delete(id);
      this.#emit(open);
    }
    const folded = { item, at, last: at, count: 1 };
    this.#open.set(id, folded);
    return folded;
  }

  /** True when something began before `time`. */
  isDue(time: RunNs): boolean {
    for (const { at } of this.#open.values()) if (at < time) return true;
    return false;
  }

  /** Emits what began before `time`. */
  closeBefore(time: RunNs): void {
    for (const [key, folded] of this.#open) {
      if (folded.at >= time) continue;
      this.#open.delete(key);
      this.#emit(folded);
    }
  }

  /** Emits everything. */
  closeAll(): void {
    this.closeBefore(Number.POSITIVE_INFINITY);
  }
}
