// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import {
  CONTRACT_SUITE,
  sha256Of,
  suiteKey,
  writeContractRecord,
} from '../../../harness/site/contract-record.ts';

/** What of a mocha test tells how it went. */
export interface TestResult {
  readonly file?: string | undefined;
  readonly state?: 'failed' | 'passed' | 'pending' | undefined;
  fullTitle(): string;
}

export type Outcome =
  | { readonly tests: number; readonly why?: never }
  | { readonly tests?: never; readonly why: string };

/**
 * A pass is a pass of everything: each test of each file of the suite ran and passed. Left out (--grep, one file alone), skipped, and
 * not reached after a failed hook are not passed.
 */
export function passOf(results: readonly TestResult[], files: readonly string[]): Outcome {
  const ours = results.filter(({ file }) => file !== undefined && dirname(file) === CONTRACT_SUITE);
  const absent = files.find((name) => !ours.some(({ file }) => basename(file ?? '') === name));
  if (absent !== undefined) return { why: `${absent} was not run` };
  const open = ours.filter(({ state }) => state !== 'passed');
  const skipped = open.filter(({ state }) => state === 'pending').length;
  const [first] = open;
  return first === undefined
    ? { tests: ours.length }
    : {
        why: `${open.length} of ${ours.length} tests did not pass (${skipped} were skipped), first "${first.fullTitle()}"`,
      };
}

/**
 * To be called while a file of the suite is loaded: after all tests of the process a whole pass is written down in the cache, where
 * a run looks for it. It does not matter who drives the suite, so `npm run check` counts as well.
 * @param tested the binary on this machine and its first line of --version, as far as it was found out
 */
export function recordPass(tested: () => { readonly binary: string; readonly k3s: string } | null): void {
  after('K3s contract: a whole pass is recorded', async function record() {
    const root = this.test?.parent;
    const results: TestResult[] = [];
    root?.eachTest((test) => results.push(test));
    const files = readdirSync(CONTRACT_SUITE).filter((name) => name.endsWith('.test.ts'));
    const outcome = passOf(results, files);
    const what = tested();
    if (outcome.tests === undefined || what === null) {
      console.log(`K3s contract: not recorded: ${outcome.why ?? 'no K3s was started'}`);
      return;
    }
    await writeContractRecord(cacheRoot(process.env), {
      version: 1,
      sha256: await sha256Of(what.binary),
      k3s: what.k3s,
      passedAt: new Date().toISOString(),
      tests: outcome.tests,
      suite: await suiteKey(CONTRACT_SUITE),
    });
    console.log(`K3s contract: ${outcome.tests} tests passed, recorded for ${what.k3s}`);
  });
}
