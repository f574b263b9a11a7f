// SPDX-License-Identifier: Apache-2.0
import type { styleText } from 'node:util';
import { describeDestination } from '../harness/core/describe.ts';
import type { Attempt, Report } from '../harness/core/report.ts';
import { exceptionsLine, exceptionWarning } from './exceptions.ts';
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

type Paint = TerminalOptions['paint'];

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

function headOf({ verdict, bundle, environment, timings }: Report, width: number, paint: Paint): string[] {
  const { distribution, provider, profile } = environment;
  const what = `${bundle.name} ${bundle.version}`;
  const where = `${distribution.name} ${distribution.version}${kindOf(distribution)}, ${provider}, ${profile}, ${duration(timings['total'] ?? 0)}`;
  const words = VERDICT_WORDS[verdict];
  return [
    `${paint(['bold', COLOUR[verdict]], words)}  ${paint('bold', fit(what, width - words.length - 2))}`,
    paint('dim', fit(where, width)),
    '',
  ];
}

function kindOf({ standIn, contract }: Report['environment']['distribution']): string {
  const words = [...(standIn ? ['stand-in'] : []), ...(contract === 'unverified' ? ['unverified'] : [])];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** Deciding reasons before others; each kind with a share of the room, so that none hides another. */
function whyOf(report: Report, room: number, width: number, paint: Paint): string[] {
  const leaks = leakLines(report, width, paint);
  const others = otherReasons(report, width, paint);
  const leakRoom = Math.max(Math.ceil(room / 2), room - others.length);
  const shownLeaks = capped(leaks, leakRoom, paint);
  return [...shownLeaks, ...capped(others, room - shownLeaks.length, paint)];
}

function capped(lines: readonly string[], room: number, paint: Paint): string[] {
  if (lines.length <= room) return [...lines];
  return [...lines.slice(0, room - 1), paint('dim', `  … and ${lines.length - room + 1} more in the report`)];
}

/** A headline, then one line for each culprit with its first destinations. */
function leakLines({ attempts }: Report, width: number, paint: Paint): string[] {
  const groups = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  if (groups.length === 0) return [];
  const count = groups.reduce((sum, group) => sum + group.attempts.length, 0);
  const column = Math.min(Math.max(...groups.map(({ short }) => short.length)), Math.floor(width * 0.55));
  return [
    fit(`${plural(count, 'destination')} outside, wanted by ${plural(groups.length, 'culprit')}:`, width),
    ...groups.map(({ short, attempts: members }) => {
      const who = fit(short, column).padEnd(column);
      return `  ${paint('red', who)}  ${fit(destinations(members), width - column - 4)}`;
    }),
  ];
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
    .flatMap(({ kind, message }) =>
      // A list of what went wrong gets a line for each; the one reason why all is well is read in full.
      (verdict === 'ready' ? wrap(message, width, 3) : [fit(message, width)]).map((line) =>
        paint(kind === 'check' || kind === 'finding' ? 'red' : colour, line),
      ),
    );
}

function footOf(report: Report, folder: string, width: number, paint: Paint): string[] {
  return [
    '',
    ...exceptionLines(report, width, paint),
    ...firstThing(report, width).map((line, index) => (index === 0 ? paint('bold', line) : line)),
    paint('dim', fit(`Report: ${folder}/report.html`, width)),
  ];
}

function exceptionLines({ exceptions }: Report, width: number, paint: Paint): string[] {
  const line = exceptionsLine(exceptions);
  if (line === null) return [];
  const isCalm = exceptions.every((one) => exceptionWarning(one) === null);
  return [paint(isCalm ? 'dim' : 'yellow', fit(line, width))];
}

/** What to do first: mend the first culprit; without one, what kept the run from proving anything. */
function firstThing({ attempts, reasons, checks, verdict, limits }: Report, width: number): string[] {
  const [group] = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  const [worst] = group?.attempts ?? [];
  if (worst !== undefined) return wrap(`First: ${worst.remedy}`, width, 4);
  if (verdict === 'ready') {
    return [
      fit(`What this run cannot show: ${plural(limits.length, 'limit')}, listed in the report.`, width),
    ];
  }
  const failed = checks.find(({ required, result }) => required && result === 'fail');
  if (failed !== undefined) {
    const saved = failed.evidence.find(({ file }) => file !== null)?.file ?? null;
    const where = saved === null ? '' : `; evidence: ${saved}`;
    return wrap(`First: find out why "${failed.title}" fails${where}.`, width, 4);
  }
  const what =
    reasons[0]?.kind === 'finding'
      ? 'mend the finding above'
      : 'this run proved nothing for or against the bundle. Mend what is named above (npm run airgap -- doctor helps), then run again';
  return wrap(`First: ${what}.`, width, 4);
}
