// SPDX-License-Identifier: Apache-2.0
import { describeCulprit, describeDestination } from '../../harness/core/describe.ts';
import type { Attempt, Report } from '../../harness/core/report.ts';
import { duration } from '../text.ts';
import { html, type Html } from './html.ts';
import { type Section, table } from './parts.ts';

const WIDTH = 960;
const LABEL = 92;
const ROW = 24;
const TOP = 8;

/** The phases on an axis of time, with a mark where each attempt was first seen, and the same as a table. */
export function phasesSection(report: Report): Section {
  const { phases } = report;
  const body = html`${phases.some(({ spans }) => spans.length > 0) ? chart(report) : null}
${table(
  'Phases in the order of the plan',
  [
    { head: 'Phase', names: true, cell: ({ phase }) => phase },
    { head: 'State', cell: ({ status }) => stateWord(status) },
    {
      head: 'Began',
      number: true,
      cell: ({ start }) => (start === null ? '' : `${(start / 1000).toFixed(1)} s`),
    },
    {
      head: 'Took',
      number: true,
      cell: ({ durationMs }) => (durationMs === null ? '' : duration(durationMs)),
    },
    { head: 'Note', cell: ({ note }) => note },
  ],
  phases,
  'The run has no phases.',
)}`;
  return { id: 'phases', title: 'Phases', count: null, body };
}

function stateWord(status: Report['phases'][number]['status']): Html {
  if (status === 'done') return html`done`;
  return html`<b class="warn">${status === 'not-run' ? 'not run' : 'unfinished'}</b>`;
}

function chart({ phases, attempts, timings }: Report): Html {
  const shown = phases.filter(({ spans }) => spans.length > 0);
  const ends = shown.flatMap(({ spans }) => spans.map(({ start, end }) => end ?? start));
  const total = Math.max(1, timings['total'] ?? 0, ...ends);
  const x = (ms: number): number => Math.round((LABEL + (ms / total) * (WIDTH - LABEL - 12)) * 10) / 10;
  const rows = shown.length + (attempts.length > 0 ? 1 : 0);
  const bottom = TOP + rows * ROW;
  const step = stepOf(total);
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
  return html`<figure><div class="scroll"><svg viewBox="0 0 ${WIDTH} ${bottom + 22}" role="img" aria-labelledby="timeline-title">
<title id="timeline-title">Timeline of ${shown.length} phases over ${duration(total)}, with the first sighting of ${attempts.length} attempts</title>
${ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${bottom}"/><text class="axis" x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tickWord(tick)}</text>
`,
)}${shown.map((phase, row) => bars(phase, TOP + row * ROW, x, total))}${
  attempts.length === 0 ? null : marks(attempts, TOP + shown.length * ROW, x)
}</svg></div><figcaption>Grey: a phase. ${attempts.length === 0 ? '' : 'Red line: an attempt was first seen; green: an accepted one.'}</figcaption></figure>`;
}

function bars(
  { phase, spans }: Report['phases'][number],
  y: number,
  x: (ms: number) => number,
  total: number,
): Html {
  return html`<text x="0" y="${y + 16}">${phase}</text>
${spans.map(({ start, end }) => {
  const width = Math.max(2, Math.round((x(end ?? total) - x(start)) * 10) / 10);
  const words = `${phase}: ${(start / 1000).toFixed(1)} s${end === null ? ', unfinished' : ` to ${(end / 1000).toFixed(1)} s`}`;
  return html`<rect class="bar${end === null ? ' open' : ''}" x="${x(start)}" y="${y + 5}" width="${width}" height="${ROW - 10}" rx="2"><title>${words}</title></rect>
`;
})}`;
}

function marks(attempts: readonly Attempt[], y: number, x: (ms: number) => number): Html {
  return html`<text x="0" y="${y + 16}">attempts</text>
${attempts.map(
  (
    attempt,
  ) => html`<line class="${attempt.accepted === null ? 'leak' : 'accepted'}" x1="${x(attempt.first)}" x2="${x(attempt.first)}" y1="${y + 4}" y2="${y + ROW - 4}"><title>${(attempt.first / 1000).toFixed(1)} s: ${describeCulprit(attempt.source)} → ${describeDestination(attempt)}</title></line>
`,
)}`;
}

/** `0`, `500 ms`, `10 s`, `5 min`. */
function tickWord(ms: number): string {
  if (ms === 0) return '0';
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}

/** A step of 1, 2 or 5 in seconds or tens, or of minutes, that gives at most ten ticks. */
function stepOf(total: number): number {
  const steps = [
    100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  ];
  return steps.find((step) => total / step <= 10) ?? 3_600_000 * Math.ceil(total / 36_000_000);
}
