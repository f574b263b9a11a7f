// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renderComparisonHtml } from '../../reports/html/comparison.ts';
import { renderJson } from '../../reports/json.ts';
import type { Comparison } from '../core/comparison.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { Report } from '../core/report.ts';
import type { ProviderChoice } from '../providers/choose-provider.ts';
import type { Inspected } from '../run/inspect.ts';
import { compareRuns } from '../verdict/compare-runs.ts';
import { runOnce, type RunSettings } from './one-run.ts';

/**
 * The same plan on several providers, one after the other, each with a run folder of its own below `outDir`. Writes the
 * comparison as report.json and report.html of `outDir`. Interrupted, it ends with the run that was interrupted and
 * compares what there is: a provider that did not run keeps the whole from being ready. Throws HarnessError: `usage` when the
 * folder exists, `interrupted` when no run began.
 */
export async function runSeveral(
  inspected: Inspected,
  { id, outDir, providers }: { id: string; outDir: string; providers: readonly ProviderChoice[] },
  settings: RunSettings,
): Promise<Comparison> {
  await makeFolder(outDir);
  const runs: { folder: string; report: Report }[] = [];
  for (const provider of providers) {
    if (settings.signal.aborted) break;
    const folder = provider.id;
    const identity = { id: `${id}-${folder}`, outDir: join(outDir, folder), provider };
    settings.screen.line();
    runs.push({ folder, report: await runOnce(inspected, identity, settings) });
  }
  if (runs.length === 0) throw new HarnessError('interrupted', { code: 'interrupted' });
  const comparison = compareRuns(
    runs,
    providers.map((provider) => provider.id),
    new Date().toISOString(),
  );
  await writeFile(join(outDir, 'report.json'), renderJson(comparison));
  await writeFile(join(outDir, 'report.html'), renderComparisonHtml(comparison));
  return comparison;
}

/** An older report must not be replaced by one that is about something else. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path).catch((error: unknown) => {
    throw new HarnessError(`cannot make the folder "${path}" for the results: ${reasonOf(error)}`, {
      code: 'usage',
      hint: 'give another folder with --out',
    });
  });
}
