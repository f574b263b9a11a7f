// SPDX-License-Identifier: Apache-2.0
import { type CanaryResult, matchCanaries } from './canaries.ts';
import { type Culprit, Culprits, UNKNOWN_CULPRIT } from './culprit.ts';
import type { ObserverId } from '../core/events.ts';
import type { Facts } from './facts.ts';
import { InternalDestinations } from './internal.ts';
import { Lookups } from './lookups.ts';
import { isRouteProbe, wishedPlace } from './probes.ts';
import { GivenNames } from './given-names.ts';
import { isMissing } from './missing.ts';
import { joinPulls } from './join-pulls.ts';
import { Proxied } from './proxied.ts';
import { Pulls } from './pulls.ts';
import { Questions } from './questions.ts';
import { placeKey, type Sighting } from './sighting.ts';
import { Tries } from './tries.ts';
import { isEtherType, protocolName, type Wish, Wishes } from './wishes.ts';

export interface Joined {
  /** What somebody wished to reach outside, the harness's own pods left out; declared destinations are still in it. */
  readonly wishes: readonly Wish[];
  readonly internal: InternalDestinations;
  readonly canaries: CanaryResult['canaries'];
}

/** Puts together what several observers saw of the same wish. Order: who is surest of the process comes first. */
export function join(facts: Facts): Joined {
  const { canaries, isCanary } = matchCanaries(facts);
  const internal = new InternalDestinations(facts.run.gate, facts.run.services);
  const given = new GivenNames(facts.sightings);
  const joiner = new Joiner(facts, internal, given);
  const sightings = facts.sightings.filter((sighting) => !isCanary(sighting));
  const plain = byObserver(sightings.filter((sighting) => !given.has(sighting)));
  for (const sighting of plain('routes')) joiner.addRoute(sighting);
  const [outsideServer, questions] = joiner.splitQuestions(plain('questions'));
  // cni before link: it still has the pod's own address.
  const frames = [...plain('cni'), ...outsideServer, ...plain('link'), ...plain('sink')];
  for (const frame of frames) joiner.addFrame(frame);
  joiner.addQuestions(questions);
  // Who asked for which name is known by now: what was sent to the address that a name was given belongs to it.
  const named = byObserver(sightings.filter((sighting) => given.has(sighting)));
  for (const sighting of named('routes')) joiner.addRoute(sighting);
  for (const frame of [...named('cni'), ...named('link'), ...named('sink')]) joiner.addFrame(frame);
  return { wishes: joiner.finish(), internal, canaries };
}

/** Sightings by who saw them; questions of all observers together. */
function byObserver(sightings: readonly Sighting[]): (key: ObserverId | 'questions') => readonly Sighting[] {
  const groups = Map.groupBy(sightings, ({ observer, protocol }) =>
    observer !== 'routes' && protocol === 'dns' ? 'questions' : observer,
  );
  return (key) => groups.get(key) ?? [];
}

class Joiner {
  readonly #facts: Facts;
  readonly #internal: InternalDestinations;
  readonly #culprits: Culprits;
  readonly #wishes = new Wishes();
  readonly #tries = new Tries();
  readonly #lookups = new Lookups();
  readonly #given: GivenNames;
  readonly #proxied: Proxied;

  constructor(facts: Facts, internal: InternalDestinations, given: GivenNames) {
    this.#facts = facts;
    this.#internal = internal;
    this.#given = given;
    this.#proxied = new Proxied(facts.run.inside);
    this.#culprits = new Culprits(facts);
  }

  addRoute(sighting: Sighting): void {
    const culprit = this.#culpritOf(sighting);
    if (sighting.port === 53 && sighting.address !== null && this.#isNameServer(sighting.address))
      this.#lookups.add(sighting, culprit, this.#isOnNodeNetwork(culprit));
    if (sighting.address !== null && this.#facts.inside.address(sighting.address)) return;
    if (isRouteProbe(sighting) || this.#proxied.isToProxy(sighting)) {
      this.#tries.add({ sighting, culprit, wish: null });
      return;
    }
    const { protocol, protocolNumber, address, port, probe } = wishedPlace(sighting);
    const wish = this.#given.wishOf(this.#wishes, culprit, {
      protocol: protocolName(protocol, protocolNumber),
      address,
      port,
      name: null,
    });
    const note = probe ? 'source-address probe of ping' : null;
    wish.parts.push({ sighting, counts: probe ? 0 : sighting.count, note });
    this.#tries.add({ sighting, culprit, wish });
  }

  /**
   * Questions to a server outside are frames to that server; those to the site's own servers are about their names. In `trap`
   * the fake DNS answers in the place of any server: what it was asked, the captures have seen on its way to another.
   */
  splitQuestions(questions: readonly Sighting[]): [outsideServer: Sighting[], named: Sighting[]] {
    const outside: Sighting[] = [];
    const named: Sighting[] = [];
    const asked = new Map(
      questions
        .filter(({ observer, address }) => observer === 'link' && !this.#isInside(address))
        .map((question) => [packetOf(question), question.address]),
    );
    for (const question of questions) {
      const meant = question.observer === 'dns' ? asked.get(packetOf(question)) : undefined;
      if (meant !== undefined) {
        outside.push({ ...question, address: meant });
        continue;
      }
      const { address } = question;
      const isOutside = address !== null && !this.#facts.inside.address(address);
      if (isOutside) outside.push(question);
      if (!isOutside || this.#internal.isNameServer(address)) named.push(question);
    }
    return [outside, named];
  }

  addFrame(frame: Sighting): void {
    if (this.#proxied.isToProxy(frame)) return;
    if (this.#proxied.isRequest(frame)) return this.#addRequest(frame);
    const protocol = frame.protocol === 'dns' ? (frame.question?.transport ?? 'udp') : frame.protocol;
    const place = placeKey(protocol, frame.address, frame.port);
    const pod = frame.fromAddress === null ? null : this.#facts.pods.byAddress(frame.fromAddress, frame.at);
    // no socket asks for a route for what is no IP
    const found = isEtherType(frame.protocolNumber)
      ? null
      : this.#tries.find(place, frame, pod?.pod.uid ?? null);
    const note =
      frame.protocol === 'dns' ? `asked for ${frame.question?.type ?? 'a record'} ${frame.name ?? ''}` : null;
    const destination = {
      protocol: protocolName(protocol, frame.protocolNumber),
      address: frame.address,
      port: frame.port,
      name: null,
    };
    if (found !== null) {
      const wasProbe = found.wish === null;
      found.wish ??= this.#given.wishOf(this.#wishes, found.culprit, destination);
      if (wasProbe)
        found.wish.parts.push({
          sighting: found.sighting,
          counts: 0,
          note: 'look-up as of a probe; something was sent',
        });
      found.wish.parts.push({ sighting: frame, counts: wasProbe ? frame.count : 0, note });
      // its next hop shows the same port, perhaps long after the try that it was found by
      if (frame.observer === 'cni' && frame.fromPort !== found.sighting.fromPort)
        this.#tries.add({ sighting: { ...frame, protocol }, culprit: found.culprit, wish: found.wish });
      return;
    }
    const culprit =
      pod === null ? { ...UNKNOWN_CULPRIT, node: frame.node } : this.#culprits.ofPod(pod, frame.node);
    const wish = this.#given.wishOf(this.#wishes, culprit, destination);
    wish.parts.push({
      sighting: frame,
      counts: frame.count,
      note: note ?? this.#noteOfUnexplained(frame),
    });
    this.#tries.add({ sighting: { ...frame, protocol }, culprit, wish });
  }

  /** What the site's proxy was asked for: the wish of who has the connection to it. */
  #addRequest(request: Sighting): void {
    const { address, port, name, protocol } = request;
    const isOfSite =
      (address !== null && this.#facts.inside.address(address)) ||
      (name !== null && this.#facts.inside.name(name));
    if (isOfSite) return;
    const found = this.#tries.find(this.#proxied.place ?? '', request, null);
    const culprit = found?.culprit ?? { ...UNKNOWN_CULPRIT, node: request.node };
    const wish = this.#wishes.of(culprit, { protocol, address, port, name });
    wish.parts.push({ sighting: request, counts: request.count, note: 'asked of the site’s proxy' });
  }

  /** Where nobody watches the routing, that no look-up explains a frame says nothing. */
  #noteOfUnexplained({ observer }: Sighting): string | null {
    return observer === 'sink' || isMissing(this.#facts, 'routes') ? null : 'frame without a routing look-up';
  }

  addQuestions(questions: readonly Sighting[]): void {
    new Questions(this.#facts, this.#culprits, this.#lookups, this.#wishes).addAll(questions);
  }

  finish(): Wish[] {
    joinPulls(this.#wishes, new Pulls(this.#facts, this.#culprits));
    return this.#wishes.list().filter(({ culprit }) => !culprit.harness);
  }

  #isInside(address: string | null): boolean {
    return address === null || this.#facts.inside.address(address);
  }

  #isNameServer(address: string): boolean {
    return this.#facts.inside.address(address) || this.#internal.isNameServer(address);
  }

  #isOnNodeNetwork({ podUid }: Culprit): boolean {
    return podUid === null || this.#facts.pods.byUid(podUid)?.hostNetwork === true;
  }

  #culpritOf(sighting: Sighting): Culprit {
    if (sighting.task !== null) return this.#culprits.ofTask(sighting.task, sighting.node);
    const pod =
      sighting.fromAddress === null ? null : this.#facts.pods.byAddress(sighting.fromAddress, sighting.at);
    return pod === null
      ? { ...UNKNOWN_CULPRIT, node: sighting.node }
      : this.#culprits.ofPod(pod, sighting.node);
  }
}

/** One packet with a question, whatever server address an observer sees in it. */
function packetOf({ fromAddress, fromPort, name, question }: Sighting): string {
  return JSON.stringify([fromAddress, fromPort, question?.transport, question?.id, question?.type, name]);
}
