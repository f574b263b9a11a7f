// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from '../harness/core/comparison.ts';
import { fit } from './fit.ts';
import type { TerminalOptions } from './terminal.ts';
import { duration, plural, VERDICT_WORDS } from './text.ts';

const MOST_LINES = 25;
const MOST_COLUMNS = 100;
const COLOUR = { ready: 'green', 'not-ready': 'red', inconclusive: 'yellow' } as const;

/** The last screen of a comparison: a line for each run, then only what differs. At most 25 lines of at most 100 columns. */
export function renderComparison(
  comparison: Comparison,
  { columns, paint, folder }: TerminalOptions,
): string {
  const width = Math.max(40, Math.min(columns, MOST_COLUMNS));
  const { bundle, verdict, runs, attempts, checks, differences } = comparison;
  const words = VERDICT_WORDS[verdict];
  const column = Math.max(9, ...runs.map(({ name }) => name.length)) + 1;
  const what = `${bundle.name} ${bundle.version} on ${runs.map(({ name }) => name).join(', ')}`;
  const head = [
    `${paint(['bold', COLOUR[verdict]], words)}  ${paint('bold', fit(what, width - words.length - 2))}`,
    '',
    ...runs.flatMap((run) => runLines(run, { column, width }, paint)),
    '',
    differences === 0
      ? fit(
          `${sameText(comparison)}: ${plural(attempts.length, 'attempt')}, ${plural(checks.length, 'check')}.`,
          width,
        )
      : paint('bold', fit(`${plural(differences, 'difference')}:`, width)),
  ];
  const foot = ['', paint('dim', fit(`Report: ${folder}/report.html`, width))];
  const lines = [
    ...attempts
      .filter(({ same }) => !same)
      .map((attempt) => {
        const [on, off] = (['seen', 'not-seen'] as const).map((state) => runsWith(attempt.seen, state));
        return `  ${attempt.culprit} → ${attempt.destination}: on ${on}, not on ${off}`;
      }),
    ...checks
      .filter(({ same }) => !same)
      .map(
        ({ title, results }) =>
          `  ${title}: ${Object.entries(results)
            .map((each) => each.join(' '))
            .join(', ')}`,
      ),
  ];
  const room = MOST_LINES - head.length - foot.length;
  const shown =
    lines.length <= room
      ? lines
      : [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} more in the report`];
  return [...head, ...shown.map((line) => fit(line, width)), ...foot].join('\n');
}

/** A run that proved nothing says why: what it did not see is no difference of the bundle. */
function runLines(
  run: Comparison['runs'][number],
  { column, width }: { readonly column: number; readonly width: number },
  paint: TerminalOptions['paint'],
): string[] {
  const name = run.name.padEnd(column);
  if (run.verdict === null) return [fit(`${name}did not run`, width)];
  const words = VERDICT_WORDS[run.verdict].padEnd(13);
  const rest = `${plural(run.attempts, 'attempt')}, ${run.checksPassed} of ${plural(run.checks, 'check')} passed, ${duration(run.durationMs)}`;
  const why = run.verdict === 'inconclusive' && run.reason !== null ? [fit(`  ${run.reason}`, width)] : [];
  return [
    `${name}${paint(COLOUR[run.verdict], words)} ${fit(rest, width - name.length - words.length - 1)}`,
    ...why,
  ];
}

function sameText({ runs }: Comparison): string {
  const isWhole = runs.every(({ verdict }) => verdict === 'ready' || verdict === 'not-ready');
  return isWhole ? 'The same everywhere' : 'No difference, as far as the runs got';
}

type Seen = Comparison['attempts'][number]['seen'];

function runsWith(seen: Seen, wanted: Seen[string]): string {
  return Object.entries(seen)
    .filter(([, state]) => state === wanted)
    .map(([name]) => name)
    .join(', ');
}
