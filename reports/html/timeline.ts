// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';
import { duration } from '../text.ts';
import { html, type Markup } from './html.ts';

const WIDTH = 900;
const LEFT = 90;
const ROW = 22;

/** Phases as bars over the run's time, each attempt's first sighting as a mark; the same figures stand in the table below it. */
export function timeline(report: Report): Markup {
  const done = report.phases.flatMap((phase) =>
    phase.start === null ? [] : [{ ...phase, start: phase.start, length: phase.durationMs ?? 0 }],
  );
  const total = Math.max(1, ...done.map(({ start, length }) => start + length));
  const x = (ms: number): string => (LEFT + (ms / total) * (WIDTH - LEFT - 70)).toFixed(1);
  const height = done.length * ROW + 12;
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="phases of the run over time, with the first sighting of each attempt"><title>Phases over time</title>${done.map(
    ({ phase, start, length }, row) =>
      html`<text class="axis" x="0" y="${row * ROW + 15}">${phase}</text><rect class="bar" x="${x(start)}" y="${row * ROW + 4}" width="${Math.max(2, Number(x(start + length)) - Number(x(start))).toFixed(1)}" height="14" rx="2"><title>${phase}: ${duration(length)}</title></rect><text class="axis" x="${(Number(x(start + length)) + 6).toFixed(1)}" y="${row * ROW + 15}">${duration(length)}</text>`,
  )}${report.attempts.map(
    (attempt) =>
      html`<rect class="mark" x="${x(attempt.first)}" y="0" width="1.5" height="${height - 8}" opacity=".55"><title>${attempt.destination.name ?? attempt.destination.address ?? ''} after ${duration(attempt.first)}</title></rect>`,
  )}</svg>${report.attempts.length > 0 ? html`<figcaption>Red lines: first sighting of each attempt.</figcaption>` : null}</figure>`;
}
