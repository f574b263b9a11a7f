// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderComparisonHtml } from '../../reports/html/comparison.ts';
import { renderJson } from '../../reports/json.ts';
import type { Comparison } from '../core/comparison.ts';
import type { Report } from '../core/report.ts';
import type { ProviderChoice } from '../providers/choose-provider.ts';
import type { Inspected } from '../run/inspect.ts';
import { compareRuns } from '../verdict/compare-runs.ts';
import { runOnce, type RunSettings } from './one-run.ts';

/**
 * The same plan on several providers, one after the other, each with a run folder of its own below `outDir`. Writes the
 * comparison as report.json and report.html of `outDir`. Interrupted, it ends with the run that was interrupted and
 * compares what there is: providers that did not run are not ready.
 */
export async function runSeveral(
  inspected: Inspected,
  { id, outDir, providers }: { id: string; outDir: string; providers: readonly ProviderChoice[] },
  settings: RunSettings,
): Promise<Comparison> {
  const runs: { folder: string; report: Report }[] = [];
  for (const provider of providers) {
    if (settings.signal.aborted) break;
    const folder = provider.id;
    const identity = { id: `${id}-${folder}`, outDir: join(outDir, folder), provider };
    settings.screen.line();
    runs.push({ folder, report: await runOnce(inspected, identity, settings) });
  }
  const comparison = compareRuns(
    runs,
    providers.map((provider) => provider.id),
    new Date().toISOString(),
  );
  await writeFile(join(outDir, 'report.json'), renderJson(comparison));
  await writeFile(join(outDir, 'report.html'), renderComparisonHtml(comparison));
  return comparison;
}
