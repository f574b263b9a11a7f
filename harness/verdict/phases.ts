// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import type { Phase } from '../core/events.ts';
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
    let start: RunNs | null = null;
    let open: RunNs | null = null;
    let duration = 0;
    for (const { at, edge } of edges) {
      if (edge === 'begin') {
        start ??= at;
        open ??= at;
      } else if (open !== null) {
        duration += at - open;
        open = null;
      }
    }
    return {
      phase,
      status: start === null ? 'not-run' : open === null ? 'done' : 'unfinished',
      start: start === null ? null : toMs(start),
      durationMs: start === null || open !== null ? null : toMs(duration),
      note: edges.findLast(({ note }) => note !== undefined)?.note ?? null,
    };
  });
}

/** Milliseconds by finished phase, and `total`: from the run's beginning to its last event. */
export function timingsOf(phases: Report['phases'], facts: Facts): Report['timings'] {
  const timings: Record<string, number> = {};
  for (const { phase, durationMs } of phases) if (durationMs !== null) timings[phase] = durationMs;
  timings['total'] = Math.round(facts.lastAt / NS_PER_MS);
  return timings;
}
