// SPDX-License-Identifier: Apache-2.0
import type { styleText } from 'node:util';
import { describeDestination } from '../harness/core/describe.ts';
import type { Attempt, Report } from '../harness/core/report.ts';
import { fit, wrap } from './fit.ts';
import { duration, groupByCulprit, plural, VERDICT_WORDS } from './text.ts';

export interface TerminalOptions {
  /** Width of the terminal; more than 100 is not used. */
  readonly columns: number;
  /** Puts a style around a text, or not, when the terminal has no colours. */
  readonly paint: (style: Parameters<typeof styleText>[0], text: string) => string;
  /** Where the report lies, as the reader can type it. */
  readonly folder: string;
}

const MOST_LINES = 25;
const MOST_COLUMNS = 100;
const COLOUR = { ready: 'green', 'not-ready': 'red', inconclusive: 'yellow' } as const;

/** The last screen: verdict, why, what to do first, where to read on. At most 25 lines of at most 100 columns. */
export function renderTerminal(report: Report, { columns, paint, folder }: TerminalOptions): string {
  const width = Math.max(40, Math.min(columns, MOST_COLUMNS));
  const head = headOf(report, width, paint);
  const foot = footOf(report, folder, width, paint);
  const why = whyOf(report, MOST_LINES - head.length - foot.length, width, paint);
  return [...head, ...why, ...foot].join('\n');
}

type Paint = TerminalOptions['paint'];

function headOf({ verdict, bundle, environment, timings }: Report, width: number, paint: Paint): string[] {
  const { distribution, provider, profile } = environment;
  const what = `${bundle.name} ${bundle.version}`;
  const where = `${distribution.name} ${distribution.version}${distribution.standIn ? ' (stand-in)' : ''}, ${provider}, ${profile}, ${duration(timings['total'] ?? 0)}`;
  const words = VERDICT_WORDS[verdict];
  return [
    `${paint(['bold', COLOUR[verdict]], words)}  ${paint('bold', fit(what, width - words.length - 2))}`,
    paint('dim', fit(where, width)),
    '',
  ];
}

function whyOf(report: Report, room: number, width: number, paint: Paint): string[] {
  const lines = [...leakLines(report, width, paint), ...otherReasons(report, width, paint)];
  if (lines.length <= room) return lines;
  const left = lines.length - room + 1;
  return [...lines.slice(0, room - 1), paint('dim', `  … and ${plural(left, 'more line')} in the report`)];
}

/** One line for each culprit, with its first destinations. */
function leakLines({ attempts }: Report, width: number, paint: Paint): string[] {
  const leaks = attempts.filter(({ accepted }) => accepted === null);
  return groupByCulprit(leaks).map(({ culprit, attempts: members }) => {
    const where = `  ${culprit} → ${destinations(members)}`;
    const text = fit(where, width);
    return text.replace(/^ {2}[^→]*/, (start) => paint('red', start));
  });
}

function destinations(attempts: readonly Attempt[]): string {
  const places = attempts.map(describeDestination);
  const more = places.length > 2 ? ` and ${places.length - 2} more` : '';
  return `${places.slice(0, 2).join(', ')}${more}`;
}

function otherReasons({ reasons, verdict }: Report, width: number, paint: Paint): string[] {
  const colour = verdict === 'ready' ? 'green' : 'yellow';
  return reasons
    .filter(({ kind }) => kind !== 'attempt')
    .map(({ kind, message }) =>
      paint(kind === 'check' || kind === 'finding' ? 'red' : colour, fit(`  ${message}`, width)),
    );
}

function footOf(report: Report, folder: string, width: number, paint: Paint): string[] {
  return [
    '',
    ...firstThing(report, width).map((line, index) => (index === 0 ? paint('bold', line) : line)),
    paint('dim', fit(`Report: ${folder}/report.html`, width)),
  ];
}

/** What to do first: mend the culprit with most destinations; without one, what kept the run from proving anything. */
function firstThing({ attempts, reasons, checks, verdict, limits }: Report, width: number): string[] {
  const [group] = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  const [worst] = group?.attempts ?? [];
  if (worst !== undefined) return wrap(`First: ${worst.remedy}`, width, 4);
  if (verdict === 'ready')
    return [fit(`It does not prove ${plural(limits.length, 'thing')}: see limits in the report.`, width)];
  const failed = checks.find(({ required, result }) => required && result === 'fail');
  if (failed !== undefined) {
    const saved = failed.evidence.find(({ file }) => file !== null)?.file;
    return wrap(
      `First: find out why "${failed.title}" fails${saved === undefined || saved === null ? '' : `; evidence: ${saved}`}.`,
      width,
      4,
    );
  }
  const [first] = reasons;
  const what =
    first?.kind === 'finding'
      ? 'mend the finding above'
      : 'this run proved nothing for or against the bundle: mend what is named above (npm run airgap -- doctor helps), then run again';
  return wrap(`First: ${what}.`, width, 4);
}
