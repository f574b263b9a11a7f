// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../core/events.ts';
import type { RunNs } from '../core/clock.ts';
import { canonicalAddress } from './addresses.ts';

export type PodFact = EventOf<'pod'>;

/** Pods by uid (a static pod by both of its uids), and by the address they had at a time. */
export class Pods {
  readonly #byUid = new Map<string, PodFact>();
  readonly #firstSeen = new Map<string, RunNs>();
  readonly #byAddress = new Map<string, { readonly at: RunNs; readonly uid: string }[]>();

  add(pod: PodFact): void {
    if (!this.#firstSeen.has(pod.pod.uid)) this.#firstSeen.set(pod.pod.uid, pod.at);
    this.#byUid.set(pod.pod.uid, pod);
    if (pod.staticUid !== undefined) this.#byUid.set(pod.staticUid, pod);
    if (pod.hostNetwork) return; // its address is the node's
    for (const ip of pod.ips.map(canonicalAddress)) {
      const holders = this.#byAddress.get(ip) ?? [];
      if (holders.at(-1)?.uid !== pod.pod.uid) holders.push({ at: pod.at, uid: pod.pod.uid });
      this.#byAddress.set(ip, holders);
    }
  }

  /** When the log first told of it; infinity when never. */
  firstSeen(uid: string): RunNs {
    return this.#firstSeen.get(uid) ?? Number.POSITIVE_INFINITY;
  }

  byUid(uid: string): PodFact | null {
    return this.#byUid.get(uid) ?? null;
  }

  /**
   * The pod that had the address at that time: the last known to have got it by then. The API server hears of an
   * address after the pod has begun to use it, so before the first notice the first holder counts.
   */
  byAddress(address: string, at: RunNs): PodFact | null {
    const holders = this.#byAddress.get(address);
    const holder = holders?.findLast((candidate) => candidate.at <= at) ?? holders?.[0];
    return holder === undefined ? null : this.byUid(holder.uid);
  }

  *[Symbol.iterator](): IterableIterator<PodFact> {
    yield* new Set(this.#byUid.values());
  }
}
