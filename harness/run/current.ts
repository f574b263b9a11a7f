// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { Run } from './run.ts';

let current: Run | undefined;

/** The run that `airgap test` drives; the suites of suites/readiness are its face. */
export function currentRun(): Run {
  if (current === undefined) {
    throw new HarnessError('the readiness suite has no run: it is driven by the command line', {
      code: 'usage',
      hint: 'run: npm test',
    });
  }
  return current;
}

export function setCurrentRun(run: Run | undefined): void {
  current = run;
}
