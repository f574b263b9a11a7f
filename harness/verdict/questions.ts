// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import { type Culprit, type Culprits, UNKNOWN_CULPRIT } from './culprit.ts';
import type { Facts } from './facts.ts';
import type { Lookups } from './lookups.ts';
import { isLoopProbe } from './probes.ts';
import type { Sighting } from './sighting.ts';
import type { Wish, Wishes } from './wishes.ts';

interface Asked {
  readonly at: RunNs;
  readonly wish: Wish;
}

/**
 * Joins DNS questions to those who asked. A question goes hop by hop: the pod asks the cluster DNS (seen at cni), the
 * cluster DNS asks the node's resolver (seen at cni, link and dns). Only the first hop is a wish of somebody's own; a
 * server that passes it on adds evidence. A server that asks what nobody asked of it did so itself.
 */
export class Questions {
  readonly #facts: Facts;
  readonly #culprits: Culprits;
  readonly #lookups: Lookups;
  readonly #wishes: Wishes;
  readonly #asked = new Map<string, Asked[]>();
  /** Addresses of pods that answer questions: the cluster DNS, or a DNS server that the bundle brings. */
  readonly #servers = new Set<string>();
  /** Highest number that one observer at one place saw of one question: the others saw the same packets. */
  readonly #counted = new Map<string, { best: number; readonly byObserver: Map<string, number> }>();

  constructor(facts: Facts, culprits: Culprits, lookups: Lookups, wishes: Wishes) {
    this.#facts = facts;
    this.#culprits = culprits;
    this.#lookups = lookups;
    this.#wishes = wishes;
    for (const pod of facts.pods) {
      if (pod.labels['k8s-app'] === 'kube-dns') for (const ip of pod.ips) this.#servers.add(ip);
    }
  }

  /** Takes all questions at once: the first hop has to be known before the later ones make sense. */
  addAll(questions: readonly Sighting[]): void {
    const wanted = questions.filter((question) => {
      if (question.observer === 'cni' && question.address !== null) this.#servers.add(question.address);
      return !isLoopProbe(question) && question.name !== null && !this.#facts.inside.name(question.name);
    });
    const [firstHops, forwarded] = partition(
      wanted.toSorted((a, b) => a.at - b.at),
      (question) => question.observer === 'cni' && !this.#isServer(question.fromAddress),
    );
    for (const question of firstHops) this.#own(question, this.#ofPod(question));
    for (const question of forwarded) this.#forwardedOrOwn(question);
  }

  #isServer(address: string | null): boolean {
    return address !== null && this.#servers.has(address);
  }

  #ofPod(question: Sighting): Culprit {
    const pod =
      question.fromAddress === null ? null : this.#facts.pods.byAddress(question.fromAddress, question.at);
    const asker = this.#lookups.asker(question, pod?.pod.uid ?? null);
    if (asker !== null) return asker;
    return pod === null
      ? { ...UNKNOWN_CULPRIT, node: question.node }
      : this.#culprits.ofPod(pod, question.node);
  }

  /** `link` and `dns` see what leaves the node: of a server that passes on, of a pod directly, or of a node's process. */
  #forwardedOrOwn(question: Sighting): void {
    const culprit = this.#ofPod(question);
    const passedOn = this.#isServerPod(culprit) || culprit.process === null;
    const asked = passedOn || this.#askedDirectly(question) ? this.#askedBefore(question) : null;
    if (asked === null) return this.#own(question, culprit);
    asked.wish.parts.push({ sighting: question, counts: 0, note: noteOf(question) });
  }

  #isServerPod({ podUid }: Culprit): boolean {
    const pod = podUid === null ? null : this.#facts.pods.byUid(podUid);
    return pod !== null && !pod.hostNetwork && pod.ips.some((ip) => this.#servers.has(ip));
  }

  /** The same packet was already seen at cni: a pod with a resolver of its own. */
  #askedDirectly(question: Sighting): boolean {
    return this.#counted.has(packetKey(question));
  }

  /** The last one who asked for that name by then, else the first who did. */
  #askedBefore(question: Sighting): Asked | null {
    const asked = this.#asked.get(question.name ?? '');
    const slack = 500_000_000; // the clocks of two captures
    return asked?.findLast(({ at }) => at <= question.at + slack) ?? asked?.[0] ?? null;
  }

  #own(question: Sighting, culprit: Culprit): void {
    const wish = this.#wishes.of(culprit, {
      protocol: 'dns',
      address: null,
      port: 53,
      name: question.name,
    });
    wish.parts.push({ sighting: question, counts: this.#newOnes(question), note: noteOf(question) });
    if (question.observer !== 'cni' || this.#isServer(question.fromAddress)) return;
    const asked = this.#asked.get(question.name ?? '') ?? [];
    asked.push({ at: question.at, wish });
    this.#asked.set(question.name ?? '', asked);
  }

  /** How many questions this sighting adds to what other observers already counted of the same packets. */
  #newOnes(question: Sighting): number {
    const key = packetKey(question);
    const counted = this.#counted.get(key) ?? { best: 0, byObserver: new Map<string, number>() };
    this.#counted.set(key, counted);
    const observer = `${question.observer}|${question.address ?? ''}`;
    const total = (counted.byObserver.get(observer) ?? 0) + question.count;
    counted.byObserver.set(observer, total);
    const added = Math.max(0, total - counted.best);
    counted.best += added;
    return added;
  }
}

/** The question as it is on the wire, whoever sees it: kube-proxy and masquerading change its addresses. */
function packetKey({ name, question, fromPort }: Sighting): string {
  return `${name}|${question?.type ?? ''}|${question?.transport ?? ''}|${question?.id ?? ''}|${fromPort ?? ''}`;
}

function noteOf({ question, name, address }: Sighting): string {
  const server = address === null ? '' : ` of ${address}`;
  return `asked for ${question?.type ?? 'a record'} ${name ?? ''}${server}`;
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}
