// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../../core/clock.ts';

/** A resolver asks again after a second at the soonest; a packet crosses a bridge in microseconds. */
const ONE_PACKET_NS: RunNs = 20_000_000;
const REMEMBERED = 4096;

/**
 * Tells a packet that a capture sees twice from one that was sent twice: what a pod sends to another pod on the same node
 * comes into the bridge and goes out of it, and a capture on the bridge sees both.
 */
export class Passes {
  readonly #seen = new Map<string, RunNs>();

  /** True when the same was seen a moment before `at`. */
  isAgain(key: string, at: RunNs): boolean {
    const before = this.#seen.get(key);
    if (before !== undefined && Math.abs(at - before) < ONE_PACKET_NS) return true;
    if (this.#seen.size >= REMEMBERED) this.#seen.clear();
    this.#seen.set(key, at);
    return false;
  }
}
