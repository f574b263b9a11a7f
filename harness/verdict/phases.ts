// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import type { EventOf, Phase } from '../core/events.ts';
import { PHASES } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import type { Facts } from './facts.ts';

const NS_PER_MS = 1e6;

/** Milliseconds with three decimals: exact enough to find a packet in a capture, short enough to read. */
export function toMs(ns: RunNs): number {
  return Math.round(Math.max(0, ns) / 1e3) / 1e3;
}

/** Tells in which phase a moment lies: in the one that began last before it. */
export class PhaseWindows {
  readonly #begins: readonly { readonly at: RunNs; readonly phase: Phase }[];

  constructor(facts: Facts) {
    this.#begins = facts.phases
      .filter(({ edge }) => edge === 'begin')
      .map(({ at, phase }) => ({ at, phase }))
      .toSorted((a, b) => a.at - b.at);
  }

  /** Before the first phase it is the first one's; null when the log has no phases. */
  at(moment: RunNs): Phase | null {
    return (this.#begins.findLast(({ at }) => at <= moment) ?? this.#begins[0])?.phase ?? null;
  }
}

/** Each planned phase, and any other that was entered, in canonical order. A phase may be entered several times. */
export function summarisePhases(facts: Facts): Report['phases'] {
  const entered = Map.groupBy(facts.phases, ({ phase }) => phase);
  return PHASES.filter((phase) => facts.run.phases.includes(phase) || entered.has(phase)).map((phase) => {
    const edges = entered.get(phase) ?? [];
    const spans = spansOf(edges);
    const [first] = spans;
    const isOpen = spans.some(({ end }) => end === null);
    const duration = spans.reduce((sum, { start, end }) => sum + ((end ?? start) - start), 0);
    return {
      phase,
      status: first === undefined ? 'not-run' : isOpen ? 'unfinished' : 'done',
      start: first === undefined ? null : toMs(first.start),
      durationMs: first === undefined || isOpen ? null : toMs(duration),
      spans: spans.map(({ start, end }) => ({ start: toMs(start), end: end === null ? null : toMs(end) })),
      note: edges.findLast(({ note }) => note !== undefined)?.note ?? null,
    };
  });
}

interface Span {
  readonly start: RunNs;
  end: RunNs | null;
}

function spansOf(edges: readonly EventOf<'phase'>[]): Span[] {
  const spans: Span[] = [];
  for (const { at, edge } of edges) {
    const last = spans.at(-1);
    if (edge === 'end') {
      if (last !== undefined) last.end ??= at;
    } else if (last === undefined || last.end !== null) {
      spans.push({ start: at, end: null });
    }
  }
  return spans;
}

/** Milliseconds by finished phase, and `total`: from the run's beginning to its last event. */
export function timingsOf(phases: Report['phases'], facts: Facts): Report['timings'] {
  const timings: Record<string, number> = {};
  for (const { phase, durationMs } of phases) if (durationMs !== null) timings[phase] = durationMs;
  timings['total'] = Math.round(facts.lastAt / NS_PER_MS);
  return timings;
}
