// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import type { Assets } from '../../harness/core/assets.ts';
import { cacheRoot } from '../../harness/core/cache-root.ts';
import type { Report } from '../../harness/core/report.ts';
import { inspect } from '../../harness/run/inspect.ts';
import { Run } from '../../harness/run/run.ts';

const CLEAN = resolve(import.meta.dirname, '../../examples/clean');

/** Runs examples/clean up to a phase, with its checks, and ends it; `during` may use the site before it goes. */
export async function harnessRun(
  assets: Assets,
  outDir: string,
  until: 'provision' | 'settle' | 'restart',
  during: (run: Run) => Promise<void> = async () => {},
): Promise<{ report: Report }> {
  const inspected = await inspect(CLEAN, {
    gatePath: null,
    quietMs: 15_000,
    settleTimeoutMs: 120_000,
    memoryMiB: 4096,
  });
  const run = await Run.begin(inspected, {
    id: join('bench', until),
    outDir,
    provider: { id: 'netns', why: 'the bench measures this one' },
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
