// SPDX-License-Identifier: Apache-2.0
import { failedCases, FIELDS, type Score } from './score.ts';
import type { CorpusRun, Judged } from './run.ts';

/** The corpus's result as lines for a person. */
export function* linesOf(run: CorpusRun, judged: Judged): Generator<string> {
  const { score } = judged;
  const cases = new Set(run.expected.map(({ caseId }) => caseId)).size;
  yield `profile ${run.profile}, seed ${run.seed}: ${cases} leaks with ${score.wanted} destinations, ${run.quiet} quiet workloads`;
  for (const skip of run.skipped) yield `SKIPPED ${skip}`;
  for (const reason of judged.unproven) yield `NOT PROVEN ${reason}`;
  for (const { caseId, destination } of score.missed) yield `MISSED ${caseId}: ${destination}`;
  for (const { caseId, field, expected, actual } of score.wrong)
    yield `WRONG ${field} of ${caseId}: ${actual ?? 'none'}, not ${expected ?? 'none'}`;
  for (const alarm of score.falseAlarms) yield `FALSE ALARM ${alarm}`;
  for (const secret of judged.shown) yield `SECRET SHOWN ${secret}`;
  for (const secret of judged.unseen)
    yield `NOT PROVEN that ${secret} is hidden: it is not in the log either`;
  yield '';
  yield* table([
    ['left out', 'recall', 'false alarms', ...FIELDS],
    ['nothing', ...cellsOf(score)],
    ...[...judged.ablations].map(([name, one]) => [name, ...cellsOf(one)]),
  ]);
  const carried = carriers(judged);
  const ids = [...new Set(run.expected.filter(({ optional }) => !optional).map(({ caseId }) => caseId))];
  const idle = ids.filter((id) => (carried.get(id) ?? []).length === 0);
  yield '';
  yield idle.length === 0
    ? 'Each case fails with some observer left out.'
    : `NEVER SEEN TO FAIL, whichever observer is left out: ${idle.join('; ')}`;
}

/** By case: what must not be left out for it to be right. */
export function carriers({ score, ablations }: Judged): ReadonlyMap<string, readonly string[]> {
  const right = failedCases(score);
  const found = new Map<string, string[]>();
  for (const [name, one] of ablations) {
    for (const id of failedCases(one)) {
      if (right.has(id)) continue;
      found.set(id, [...(found.get(id) ?? []), name]);
    }
  }
  return found;
}

function cellsOf({ wanted, found, falseAlarms, fields }: Score): string[] {
  return [
    percent(found, wanted),
    String(falseAlarms.length),
    ...FIELDS.map((field) => percent(fields[field].right, fields[field].of)),
  ];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** Columns as wide as their widest cell. */
function* table(rows: readonly (readonly string[])[]): Generator<string> {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    yield row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
}
