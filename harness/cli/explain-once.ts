// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Report } from '../core/report.ts';
import { explainRun } from '../run/explain-run.ts';
import type { Inspected } from '../run/inspect.ts';
import { type RunIdentity, runOnce, type RunSettings } from './one-run.ts';

/** Folder of the second run, below that of the first. */
const FOLDER = 'explain';

/**
 * Runs the bundle again in `trap`, below the folder of a run that was not ready, and puts the names and paths of that second
 * run on the attempts of the first. Verdict and ids stay those of the first. A second run that fails leaves the first as it is, and
 * says so. Returns the first run's report, with what was added.
 */
export async function explainOnce(
  report: Report,
  { id, outDir, provider }: RunIdentity,
  inTrap: () => Promise<Inspected>,
  settings: RunSettings,
): Promise<Report> {
  const { screen } = settings;
  screen.line();
  screen.line(screen.paint('bold', 'explain: the same again, in profile trap'));
  const identity = { id: `${id}-${FOLDER}`, outDir: join(outDir, FOLDER), provider };
  const trapped = await runOnce(await inTrap(), identity, settings);
  const { report: explained, count } = await explainRun(outDir, report, { report: trapped, folder: FOLDER });
  const known = new Set(report.attempts.map((attempt) => attempt.id));
  const further = trapped.attempts.filter((attempt) => !known.has(attempt.id)).length;
  screen.line(
    `explained: ${count} of ${report.attempts.length} attempts; attempts that only the second run saw: ${further} (${FOLDER}/report.html)`,
  );
  return explained;
}
