// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { BundleSummary } from '../core/bundle.ts';
import { describeCulprit } from '../core/describe.ts';
import type { Phase } from '../core/events.ts';
import { PHASES } from '../core/events.ts';
import type { Attempt } from '../core/report.ts';
import { candidatesOf } from './candidates.ts';
import { OwnerRows } from './classification/owner-rows.ts';
import { type Classification, classify, type ClassifyBy } from './classify.ts';
import { evidenceOf } from './evidence.ts';
import type { Facts } from './facts.ts';
import { isMissing } from './missing.ts';
import { findInBundle } from './images.ts';
import { type PhaseWindows, toMs } from './phases.ts';
import { namesUnknownInside } from './search-path.ts';
import { type Part, type Wish, wishId } from './wishes.ts';

/** Turns wishes into attempts, in an order that is the same for the same attempts: by culprit, then destination. */
export function toAttempts(wishes: readonly Wish[], facts: Facts, phases: PhaseWindows): Attempt[] {
  const { bundle, gate } = facts.run;
  const by: ClassifyBy = { bundle, owners: new OwnerRows(gate.classes) };
  const drafts = wishes.map((wish) => draftOf(wish, bundle, phases));
  const names = Map.groupBy(drafts, ({ source }) => describeCulprit(source));
  const unknownInside = namesUnknownInside(facts);
  return drafts
    .map((draft, index) => {
      const wish = wishes[index];
      const siblings = names.get(describeCulprit(draft.source)) ?? [];
      const judged = classify(
        {
          ...draft,
          wanted: wish?.wanted ?? null,
          framesOnly:
            !isMissing(facts, 'routes') &&
            (wish?.parts.every(({ sighting }) => sighting.observer !== 'routes') ?? false),
          namesOfSource: new Set(siblings.flatMap(({ destination }) => destination.name ?? [])),
          unknownInside: new Set(
            wish?.parts.flatMap(({ sighting }) => [...(unknownInside.get(sighting.fromAddress ?? '') ?? [])]),
          ),
        },
        by,
      );
      const candidates = wish === undefined ? null : candidatesOf(wish, facts);
      const remedy = candidates === null ? judged.remedy : `${candidates} ${judged.remedy}`;
      return { ...draft, ...judged, remedy };
    })
    .toSorted((a, b) => compare(sortKey(a), sortKey(b)));
}

type Draft = Omit<Attempt, keyof Classification>;

function draftOf(wish: Wish, bundle: BundleSummary, phases: PhaseWindows): Draft {
  const { culprit, destination } = wish;
  const parts = countedParts(wish.parts);
  const podNames = [...wish.pods.keys()].toSorted(compare);
  const item = culprit.image === null ? null : findInBundle(culprit.image, bundle);
  return {
    id: wishId(wish),
    phases: phaseCounts(parts, phases),
    first: toMs(Math.min(...ends(parts, 'at'))),
    last: toMs(Math.max(...ends(parts, 'last'))),
    count: Math.max(1, sum(parts)),
    protocol: destination.protocol,
    destination: destinationOf(wish),
    ...askedOf(wish),
    source: {
      node: culprit.node,
      pod: podNames[0]?.split('/')[1] ?? culprit.pod,
      pods: podNames,
      namespace: culprit.namespace,
      owner: culprit.owner,
      container: culprit.container,
      image: culprit.image,
      item: item?.archive ?? null,
      process: {
        exe: culprit.process?.exe ?? null,
        argv: culprit.process?.argv === undefined ? null : mutable(culprit.process.argv),
        ancestors: [...(culprit.process?.ancestors ?? [])],
      },
    },
    confidence: { ...culprit.confidence, item: item === null ? 'unknown' : 'joined' },
    accepted: null,
    evidence: evidenceOf(wish.parts),
  };
}

/** Probes and frames add evidence, not tries; but where there is nothing else, each of them is one. */
function countedParts(parts: readonly Part[]): readonly Part[] {
  if (sum(parts) > 0) return parts;
  return parts.map((part) => ({ ...part, counts: part.sighting.count }));
}

/** Where no name was asked for, the one that was said on the connection itself stands in for it. */
function destinationOf({ destination: { address, port, name }, parts }: Wish): Attempt['destination'] {
  const heard = parts
    .map(({ sighting }) => sighting)
    .filter(({ observer }) => observer === 'sink')
    .toSorted((a, b) => a.at - b.at);
  const sni = heard.find((visit) => visit.sni !== null)?.sni ?? null;
  const host = heard.find((visit) => visit.host !== null && isIP(visit.host) === 0)?.host ?? null;
  const path = heard.find((visit) => visit.path !== null)?.path ?? null;
  return { address, port, name: name ?? sni ?? host, sni, path };
}

const MOST_NAMES = 20;

/** Names asked of a DNS server outside, whose own name is nobody's wish; the first twenty in alphabetical order. */
function askedOf({ destination, parts }: Wish): Pick<Attempt, 'asked' | 'askedCount'> {
  if (destination.protocol === 'dns') return { asked: [], askedCount: 0 };
  const names = [...new Set(parts.flatMap(({ sighting: { name } }) => (name === '' ? '.' : (name ?? []))))];
  names.sort(compare);
  return { asked: names.slice(0, MOST_NAMES), askedCount: names.length };
}

function phaseCounts(parts: readonly Part[], phases: PhaseWindows): Partial<Record<Phase, number>> {
  const counts = new Map<Phase, number>();
  for (const { sighting, counts: tries } of parts) {
    const phase = tries === 0 ? null : phases.at(sighting.at);
    if (phase !== null) counts.set(phase, (counts.get(phase) ?? 0) + tries);
  }
  return Object.fromEntries(
    PHASES.flatMap((phase) => (counts.has(phase) ? [[phase, counts.get(phase)]] : [])),
  );
}

function* ends(parts: readonly Part[], edge: 'at' | 'last'): Generator<number> {
  for (const { sighting } of parts) yield sighting[edge];
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { counts }) => total + counts, 0);
}

function mutable(argv: readonly string[] | null): string[] | null {
  return argv === null ? null : [...argv];
}

function sortKey({ source, protocol, destination, id }: Attempt): string {
  return [
    source.namespace ?? '~',
    source.owner ?? '~',
    source.container ?? '~',
    source.process.exe ?? '~',
    destination.name ?? destination.address ?? '~',
    String(destination.port ?? 0).padStart(5, '0'),
    protocol,
    id,
  ].join('\0');
}

/** By code units: the same everywhere, whatever the locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
