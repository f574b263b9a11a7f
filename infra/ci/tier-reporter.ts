// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import Mocha from 'mocha';
import type { MochaOptions, Runner } from 'mocha';

const optionsSchema = z.object({ output: z.string().optional() });

/** What a tier came to: how many, and of each failed test its full title and what it said. */
export const tierResultSchema = z.object({
  passes: z.number(),
  pending: z.number(),
  failed: z.array(z.object({ title: z.string(), said: z.string() })),
  /** The five files that took longest, of those over 20 s: `run/shop 230 s`. */
  slowest: z.array(z.string()),
});

const SHOWN = { files: 5, fromMs: 20_000 };

/** mocha's spec reporter, which also writes what the tier came to as JSON. */
export default class TierReporter extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const { output } = optionsSchema.parse(options.reporterOptions ?? {});
    const { EVENT_TEST_FAIL, EVENT_TEST_END, EVENT_HOOK_END, EVENT_RUN_END } = Mocha.Runner.constants;
    const spent = new Map<string, number>();
    const spend = ({ file = '', duration = 0 }: Mocha.Runnable): unknown =>
      spent.set(file, (spent.get(file) ?? 0) + duration);
    runner.on(EVENT_TEST_END, spend);
    runner.on(EVENT_HOOK_END, spend);
    const failed: z.infer<typeof tierResultSchema>['failed'] = [];
    runner.on(EVENT_TEST_FAIL, (test, error: Error) =>
      failed.push({ title: test.fullTitle(), said: `${error.stack ?? error.message}${difference(error)}` }),
    );
    runner.once(EVENT_RUN_END, () => {
      const { passes, pending } = this.stats;
      if (output !== undefined)
        writeFileSync(output, JSON.stringify({ passes, pending, failed, slowest: longest(spent) }));
    });
  }
}

function longest(spent: ReadonlyMap<string, number>): string[] {
  return [...spent]
    .filter(([, duration]) => duration >= SHOWN.fromMs)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, SHOWN.files)
    .map(([file, duration]) => `${nameOf(file)} ${(duration / 1000).toFixed(0)} s`);
}

/** `run/shop` of `/…/suites/integration/run/shop.test.ts`. */
function nameOf(file: string): string {
  return file
    .split('/')
    .slice(-2)
    .join('/')
    .replace(/(?:\.alone)?\.test\.ts$/, '');
}

/** Chai's messages cut what they compare; the whole of it hangs on the error, which the base class has made text of. */
function difference(error: Error): string {
  if (!('actual' in error) || !('expected' in error)) return '';
  const { actual, expected } = error;
  return typeof actual === 'string' && typeof expected === 'string'
    ? Mocha.reporters.Base.generateDiff(actual, expected)
    : '';
}
