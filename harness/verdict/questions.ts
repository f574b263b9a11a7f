// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import { type Culprit, type Culprits, ownerKey, UNKNOWN_CULPRIT } from './culprit.ts';
import type { Facts } from './facts.ts';
import type { Lookups } from './lookups.ts';
import type { PodFact } from './pods.ts';
import { isLoopProbe } from './probes.ts';
import type { Sighting } from './sighting.ts';
import { Timeline } from './timeline.ts';
import type { Wish, Wishes } from './wishes.ts';

const MS = 1_000_000;
/** Two captures' clocks, when one packet is seen by both. */
const CLOCKS_APART = 500 * MS;
/** A cluster DNS resolves the target of an ExternalName Service while its client waits. */
const WHILE_CLIENT_WAITS = 100 * MS;

interface Asked {
  readonly at: RunNs;
  readonly wish: Wish;
}

/**
 * Joins DNS questions to those who asked. A question goes hop by hop: the pod asks the cluster DNS (seen at cni), the
 * cluster DNS asks the node's resolver (seen at cni, link and dns). Only the first hop is a wish of somebody's own; a
 * server that passes it on adds evidence. A server that asks what nobody asked of it did so for an ExternalName
 * Service (then for who asked for that), or for itself.
 */
export class Questions {
  readonly #facts: Facts;
  readonly #culprits: Culprits;
  readonly #lookups: Lookups;
  readonly #wishes: Wishes;
  readonly #asked = new Map<string, Asked[]>();
  /** Pods' questions for names of Services. */
  readonly #forServices = new Timeline<{ readonly sighting: Sighting }>();
  /** Addresses of pods that answer questions: the cluster DNS, or a DNS server that the bundle brings. */
  readonly #servers = new Set<string>();
  /** How often each observer, at each server, saw a question: the others saw the same packets. */
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
    for (const { observer, address } of questions)
      if (observer === 'cni' && address !== null) this.#servers.add(address);
    const services = `.svc.${this.#facts.run.inside.clusterDomain.toLowerCase()}`;
    const wanted: Sighting[] = [];
    for (const question of questions) {
      if (question.name === null || isLoopProbe(question)) continue;
      if (!this.#facts.inside.name(question.name)) wanted.push(question);
      else if (question.name.endsWith(services) && this.#isFirstHop(question))
        this.#forServices.add({ sighting: question });
    }
    wanted.sort((a, b) => a.at - b.at);
    // Hop by hop, so that what a later one passes on is already known.
    const hops = Map.groupBy(wanted, (question) =>
      this.#isFirstHop(question) ? 'first' : question.observer === 'cni' ? 'server' : 'node',
    );
    for (const question of hops.get('first') ?? []) this.#asks(question, this.#askerOf(question));
    for (const question of hops.get('server') ?? []) this.#addLaterHop(question);
    for (const question of hops.get('node') ?? []) this.#addLaterHop(question);
  }

  #isFirstHop({ observer, fromAddress }: Sighting): boolean {
    return observer === 'cni' && (fromAddress === null || !this.#servers.has(fromAddress));
  }

  #podOf({ fromAddress, at }: Sighting): PodFact | null {
    return fromAddress === null ? null : this.#facts.pods.byAddress(fromAddress, at);
  }

  /** Somebody's own question; later hops of it will be seen. */
  #asks(question: Sighting, culprit: Culprit): void {
    const wish = this.#own(question, culprit);
    const asked = this.#asked.get(question.name ?? '') ?? [];
    asked.push({ at: question.at, wish });
    this.#asked.set(question.name ?? '', asked);
  }

  #askerOf(question: Sighting): Culprit {
    const pod = this.#podOf(question);
    const uid = pod?.pod.uid ?? null;
    return (
      this.#lookups.asker(question, uid) ??
      this.#lookups.likelyAsker(question, uid) ??
      (pod === null ? { ...UNKNOWN_CULPRIT, node: question.node } : this.#culprits.ofPod(pod, question.node))
    );
  }

  /** `link` and `dns` see what leaves the node: of a server that passes on, of a pod directly, or of a node's process. */
  #addLaterHop(question: Sighting): void {
    const sender = this.#lookups.asker(question, this.#podOf(question)?.pod.uid ?? null);
    const mayPassOn = sender === null || this.#isServerPod(sender);
    const asked = mayPassOn ? this.#askedBefore(question) : null;
    if (asked !== null) {
      asked.wish.parts.push({ sighting: question, counts: 0, note: noteOf(question) });
      return;
    }
    const culprit = sender ?? this.#askerOf(question);
    const client = this.#isServerPod(culprit) ? this.#onlyClientThen(question) : null;
    this.#asks(question, client ?? culprit);
  }

  #isServerPod({ podUid }: Culprit): boolean {
    const pod = podUid === null ? null : this.#facts.pods.byUid(podUid);
    return pod !== null && !pod.hostNetwork && pod.ips.some((ip) => this.#servers.has(ip));
  }

  /** The last one who asked for that name by then, else the first who did. */
  #askedBefore(question: Sighting): Asked | null {
    const asked = this.#asked.get(question.name ?? '');
    return asked?.findLast(({ at }) => at <= question.at + CLOCKS_APART) ?? asked?.[0] ?? null;
  }

  /** The only one who waited for the name of a Service when the server asked for another name: inferred. */
  #onlyClientThen(question: Sighting): Culprit | null {
    const clients = this.#forServices
      .overlapping(question.at - WHILE_CLIENT_WAITS, question.at)
      .filter(({ sighting }) => sighting.question?.type === question.question?.type)
      .map(({ sighting }) => this.#askerOf(sighting));
    const [only] = clients;
    if (only === undefined || new Set(clients.map(ownerKey)).size > 1) return null;
    const { process, pod, image } = only.confidence;
    return {
      ...only,
      confidence: { process: weaker(process), pod: weaker(pod), image: weaker(image) },
    };
  }

  #own(question: Sighting, culprit: Culprit): Wish {
    const wish = this.#wishes.of(culprit, {
      protocol: 'dns',
      address: null,
      port: 53,
      name: question.name,
    });
    wish.parts.push({ sighting: question, counts: this.#newOnes(question), note: noteOf(question) });
    return wish;
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

/** The question as it is on the wire, whoever sees it: kube-proxy and masquerading change its addresses and ports. */
function packetKey({ name, question }: Sighting): string {
  return `${name}|${question?.type ?? ''}|${question?.transport ?? ''}|${question?.id ?? ''}`;
}

function noteOf({ question, name, address }: Sighting): string {
  const server = address === null ? '' : ` of ${address}`;
  return `asked for ${question?.type ?? 'a record'} ${name ?? ''}${server}`;
}

/** What is known of another's wish is inferred at most. */
function weaker(confidence: Culprit['confidence']['pod']): Culprit['confidence']['pod'] {
  return confidence === 'unknown' ? 'unknown' : 'inferred';
}
