// SPDX-License-Identifier: Apache-2.0
import type { EventOf, ObserverId } from '../core/events.ts';
import { OBSERVERS } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import { canonicalAddress } from './addresses.ts';
import type { Facts } from './facts.ts';
import { placeKey, type Sighting } from './sighting.ts';
import type { TaskState } from './tasks.ts';

type CanaryEvent = EventOf<'canary'>;

/** What was found of the harness's own known attempts. */
export interface CanaryResult {
  readonly canaries: Report['canaries'];
  /** True for a sighting that shows a canary. */
  readonly isCanary: (sighting: Sighting) => boolean;
}

/** Matches canaries with what the observers saw, by exact destination; for DNS by the name, which is unique. */
export function matchCanaries(facts: Facts): CanaryResult {
  const byKey = new Map(
    facts.canaries.flatMap((canary) => keysOf(canary, facts).map((key) => [key, canary])),
  );
  const find = (sighting: Sighting): CanaryEvent | undefined => byKey.get(keyOf(sighting));
  const seen = new Map<CanaryEvent, Set<ObserverId>>(facts.canaries.map((canary) => [canary, new Set()]));
  const tasks = new Map<string, Set<TaskState>>();
  const questions = new Map<string, CanaryEvent>();
  const lookups: Sighting[] = [];
  for (const sighting of facts.sightings) {
    const canary = find(sighting);
    if (canary === undefined) {
      if (sighting.observer === 'routes' && sighting.port === 53) lookups.push(sighting);
      continue;
    }
    if (canary.to.protocol !== 'dns' || sighting.protocol === 'dns') seen.get(canary)?.add(sighting.observer);
    else lookups.push(sighting);
    if (sighting.task !== null)
      tasks.getOrInsertComputed(groupOf(canary), () => new Set()).add(sighting.task);
    if (sighting.question !== null) questions.set(lookupKey(sighting, sighting.question.transport), canary);
  }
  // A look-up of port 53 carries no name: it belongs to the canary whose question left from the same source port.
  // Where the look-up has no source port yet (IPv6), the canary's own tasks decide.
  const dns = facts.canaries.filter(({ to }) => to.protocol === 'dns');
  for (const lookup of lookups) {
    const exact = lookup.fromPort === null ? undefined : questions.get(lookupKey(lookup, lookup.protocol));
    const canaries =
      exact === undefined
        ? dns.filter(
            (canary) =>
              lookup.task !== null &&
              tasks.get(groupOf(canary))?.has(lookup.task) === true &&
              isLookupOf(lookup, canary, facts),
          )
        : [exact];
    for (const canary of canaries) seen.get(canary)?.add('routes');
  }
  return {
    canaries: facts.canaries.map((canary) => summaryOf(canary, seen.get(canary) ?? new Set(), facts)),
    isCanary: (sighting) => find(sighting) !== undefined,
  };
}

/** Number of a packet whose IP header the program wrote, in its routing look-up. */
const OWN_HEADER = 255;

function keysOf({ to }: CanaryEvent, facts: Facts): string[] {
  const address = to.address === undefined ? null : canonicalAddress(to.address);
  const name = to.name?.toLowerCase() ?? null;
  const protocolNumber = to.protocolNumber ?? null;
  // The look-up knows no port of it; a capture sees the datagram that it is.
  if (protocolNumber === OWN_HEADER) {
    const datagram = { protocol: 'udp', protocolNumber: null, address, port: to.port ?? null, name } as const;
    return [keyOf({ protocol: 'other', protocolNumber, address, port: null, name }), keyOf(datagram)];
  }
  if (to.protocol !== 'dns')
    return [keyOf({ protocol: to.protocol, protocolNumber, address, port: portOf(to), name })];
  const byName = `dns|${name ?? ''}`;
  // A question to a server outside is also seen as what it is below: a packet to that server.
  if (address === null || facts.inside.address(address)) return [byName];
  return [byName, placeKey(to.question?.transport ?? 'udp', address, to.port ?? 53)];
}

function keyOf(place: Pick<Sighting, 'protocol' | 'protocolNumber' | 'address' | 'port' | 'name'>): string {
  if (place.protocol === 'other') return `${place.protocolNumber ?? ''}|${place.address ?? ''}`;
  return place.protocol === 'dns'
    ? `dns|${place.name ?? ''}`
    : place.address === null && place.name !== null
      ? `${place.protocol}|${place.name}`
      : placeKey(place.protocol, place.address, place.port);
}

function portOf({ protocol, port }: CanaryEvent['to']): number | null {
  return protocol === 'tcp' || protocol === 'udp' ? (port ?? null) : null;
}

function lookupKey(sighting: Sighting, transport: string): string {
  return `${transport}|${sighting.fromPort ?? ''}|${sighting.address ?? ''}`;
}

/** Canaries that one program makes. */
function groupOf({ stage, place }: CanaryEvent): string {
  return `${stage}|${place}`;
}

/** A canary is recorded before it is made (before its pod, which may take half a minute to start), its answer after. */
function isLookupOf(lookup: Sighting, canary: CanaryEvent, facts: Facts): boolean {
  return (
    lookup.fromPort === null &&
    lookup.protocol === (canary.to.question?.transport ?? 'udp') &&
    lookup.address === canonicalAddress(canary.to.address ?? '') &&
    lookup.at >= canary.at &&
    lookup.at <= (facts.canaryAnswers.get(canary.id)?.at ?? Infinity)
  );
}

function summaryOf(
  canary: CanaryEvent,
  seen: ReadonlySet<ObserverId>,
  facts: Facts,
): Report['canaries'][number] {
  const { to } = canary;
  const answer = facts.canaryAnswers.get(canary.id);
  const place = to.address === undefined ? '' : to.address.includes(':') ? `[${to.address}]` : to.address;
  const port = to.port === undefined || to.port === 0 ? '' : `:${to.port}`;
  return {
    id: canary.id,
    stage: canary.stage,
    place: canary.place,
    kind: canary.kind,
    to:
      to.protocol === 'dns'
        ? `${to.name ?? ''}${place && ` at ${place}${port}`}`
        : `${to.name ?? place}${port}`,
    expected: inOrder(canary.expect),
    seen: inOrder(seen),
    result: resultOf(canary, seen, answer),
    answer: answer?.answer ?? null,
  };
}

function resultOf(
  canary: CanaryEvent,
  seen: ReadonlySet<ObserverId>,
  answer: EventOf<'canary-answer'> | undefined,
): Report['canaries'][number]['result'] {
  // Only where a kind may be missing is a refusal taken for one, and what was seen was made.
  if (answer?.unavailable === true && canary.optional === true && seen.size === 0) return 'unavailable';
  if (!canary.expect.every((observer) => seen.has(observer)) || !isAsPromised(canary, answer)) return 'fail';
  return canary.expect.length === 0 ? 'unseeable' : 'pass';
}

/** What the profile promises came; a canary that met nothing yet has broken no promise. */
function isAsPromised({ promised }: CanaryEvent, answer: EventOf<'canary-answer'> | undefined): boolean {
  return promised === undefined || answer === undefined || promised.includes(answer.answer);
}

function inOrder(observers: Iterable<ObserverId>): ObserverId[] {
  const set = new Set(observers);
  return OBSERVERS.filter((observer) => set.has(observer));
}
