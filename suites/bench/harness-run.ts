// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import type { Assets } from '../../harness/core/assets.ts';
import { cacheRoot } from '../../harness/core/cache-root.ts';
import type { Report } from '../../harness/core/report.ts';
import type { ProviderId } from '../../harness/providers/provider.ts';
import { inspect } from '../../harness/run/inspect.ts';
import { Run } from '../../harness/run/run.ts';

const CLEAN = resolve(import.meta.dirname, '../../examples/clean');

export interface HarnessRunOptions {
  /** Folder of the bundle. @default examples/clean */
  readonly bundle?: string;
  /** @default 15000 */
  readonly quietMs?: number;
  /** @default netns */
  readonly provider?: ProviderId;
  /** Uses the site before it goes. */
  readonly during?: (run: Run) => Promise<void>;
}

/** Runs a bundle up to a phase, with its checks, and ends it. */
export async function harnessRun(
  assets: Assets,
  outDir: string,
  until: 'provision' | 'settle' | 'restart',
  { bundle = CLEAN, quietMs = 15_000, provider = 'netns', during = async () => {} }: HarnessRunOptions = {},
): Promise<{ report: Report }> {
  const inspected = await inspect(bundle, {
    gatePath: null,
    quietMs,
    settleTimeoutMs: 120_000,
    memoryMiB: 4096,
  });
  const run = await Run.begin(inspected, {
    id: join('bench', until),
    outDir,
    provider: { id: provider, why: 'the bench measures this one' },
    assets,
    k3s: null,
    standIn: false,
    nodeImage: null,
    cache: cacheRoot(process.env),
    faults: [],
    filtered: until !== 'restart',
    keep: false,
    signal: new AbortController().signal,
    version: 'bench',
  });
  try {
    if (until !== 'restart') await run.reach(until);
    else {
      for (const check of run.plan.checks) await run.check(check.id);
      await run.proveAgain();
    }
    await during(run);
  } finally {
    await run.teardown();
  }
  return { report: await run.finish('complete') };
}
