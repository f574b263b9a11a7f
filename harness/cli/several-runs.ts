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

/** One of several runs: on one provider, in one profile. */
export interface Leg {
  /** Tells it from the others; its folder below that of the whole. */
  readonly name: string;
  readonly provider: ProviderChoice;
  readonly inspected: Inspected;
}

/** Every provider in every profile; named by what differs. */
export function legsOf(providers: readonly ProviderChoice[], profiles: readonly Inspected[]): Leg[] {
  return profiles.flatMap((inspected) =>
    providers.map((provider) => {
      const { profile } = inspected.plan;
      const name =
        profiles.length === 1 ? provider.id : providers.length === 1 ? profile : `${provider.id}-${profile}`;
      return { name, provider, inspected };
    }),
  );
}

/**
 * The same plan on several providers and in several profiles, one after the other, each with a run folder of its own below
 * `outDir`. Writes the comparison as report.json and report.html of `outDir`. Interrupted, it ends with the run that was
 * interrupted and compares what there is: one that did not run keeps the whole from being ready. Throws HarnessError: `usage`
 * when the folder exists, `interrupted` when no run began.
 */
export async function runSeveral(
  legs: readonly Leg[],
  { id, outDir }: { id: string; outDir: string },
  settings: RunSettings,
): Promise<Comparison> {
  await makeFolder(outDir);
  const runs: { name: string; report: Report }[] = [];
  for (const { name, provider, inspected } of legs) {
    if (settings.signal.aborted) break;
    const identity = { id: `${id}-${name}`, outDir: join(outDir, name), provider };
    settings.screen.line();
    runs.push({ name, report: await runOnce(inspected, identity, settings) });
  }
  if (runs.length === 0) throw new HarnessError('interrupted', { code: 'interrupted' });
  const asked = legs.map(({ name, provider, inspected }) => ({
    name,
    provider: provider.id,
    profile: inspected.plan.profile,
  }));
  const comparison = compareRuns(runs, asked, new Date().toISOString());
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
