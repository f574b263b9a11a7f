// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Assets } from '../core/assets.ts';
import { reasonOf } from '../core/errors.ts';
import type { Report } from '../core/report.ts';
import type { ProviderChoice } from '../providers/choose-provider.ts';
import { setCurrentRun } from '../run/current.ts';
import type { Inspected } from '../run/inspect.ts';
import { type Fault, Run } from '../run/run.ts';
import { runMocha } from './mocha-face.ts';
import { REPO_ROOT } from './repo.ts';
import type { Screen } from './screen.ts';
import { VERSION } from './version.ts';

/** What every run of one call of `airgap test` has in common. */
export interface RunSettings {
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly assets: Assets;
  readonly k3s: string | null;
  readonly standIn: boolean;
  /** Path of a root file system or an image of the user's own; null: the one that setup keeps. */
  readonly nodeImage: string | null;
  /** Folder of the cache. */
  readonly cache: string;
  readonly faults: readonly Fault[];
  readonly keep: boolean;
  readonly grep: string | undefined;
  readonly reporter: string | undefined;
}

/** What tells one of them from the others. */
export interface RunIdentity {
  readonly id: string;
  /** Its folder, which must not exist. */
  readonly outDir: string;
  readonly provider: ProviderChoice;
}

/**
 * One run with mocha as its face, to its report. A fault of the harness is in the report; HarnessError is thrown only for
 * what keeps the run from beginning (usage: the folder exists, the K3s binary is none).
 */
export async function runOnce(
  inspected: Inspected,
  { id, outDir, provider }: RunIdentity,
  settings: RunSettings,
): Promise<Report> {
  const { screen, signal, grep, reporter } = settings;
  const { bundle, plan } = inspected;
  const run = await Run.begin(inspected, {
    id,
    outDir,
    provider,
    assets: settings.assets,
    k3s: settings.k3s,
    standIn: settings.standIn,
    nodeImage: settings.nodeImage,
    cache: settings.cache,
    faults: settings.faults,
    filtered: grep !== undefined,
    keep: settings.keep,
    version: VERSION,
    signal,
    say: (line) => screen.line(line),
  });
  screen.line(
    `${screen.paint('bold', `${bundle.name} ${bundle.version}`)}: ${bundle.images.length} images, ${bundle.objects.length} objects; provider ${provider.id}, profile ${plan.profile}`,
  );
  screen.line(screen.paint('dim', `provider ${provider.id}: ${provider.why}`));
  try {
    setCurrentRun(run);
    await runMocha({
      screen,
      suites: join(REPO_ROOT, 'suites', 'readiness'),
      signal,
      ...(grep === undefined ? {} : { grep }),
      ...(reporter === undefined ? {} : { reporter }),
    });
    return await run.finish(signal.aborted ? 'interrupted' : 'complete');
  } catch (error) {
    return await run.finish('aborted', reasonOf(error));
  } finally {
    setCurrentRun(undefined);
  }
}
