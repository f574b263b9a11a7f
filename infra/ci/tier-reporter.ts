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
});

/** mocha's spec reporter, which also writes what the tier came to as JSON. */
export default class TierReporter extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const { output } = optionsSchema.parse(options.reporterOptions ?? {});
    const { EVENT_TEST_FAIL, EVENT_RUN_END } = Mocha.Runner.constants;
    const failed: z.infer<typeof tierResultSchema>['failed'] = [];
    runner.on(EVENT_TEST_FAIL, (test, error: Error) =>
      failed.push({ title: test.fullTitle(), said: `${error.stack ?? error.message}${difference(error)}` }),
    );
    runner.once(EVENT_RUN_END, () => {
      const { passes, pending } = this.stats;
      if (output !== undefined) writeFileSync(output, JSON.stringify({ passes, pending, failed }));
    });
  }
}

/** Chai's messages cut what they compare; the whole of it hangs on the error, which the base class has made text of. */
function difference(error: Error): string {
  if (!('actual' in error) || !('expected' in error)) return '';
  const { actual, expected } = error;
  return typeof actual === 'string' && typeof expected === 'string'
    ? Mocha.reporters.Base.generateDiff(actual, expected)
    : '';
}
