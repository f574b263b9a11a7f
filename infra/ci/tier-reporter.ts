// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import Mocha from 'mocha';
import type { MochaOptions, Runner } from 'mocha';

const optionsSchema = z.object({ output: z.string().optional() });

/** mocha's spec reporter, which also names each skipped test on a line of its own and writes its counts as JSON. */
export default class TierReporter extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) =>
      console.log(`SKIPPED ${test.fullTitle()}`),
    );
    const { output } = optionsSchema.parse(options.reporterOptions ?? {});
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (output !== undefined) writeFileSync(output, JSON.stringify({ passes, failures, pending }));
    });
  }
}
