// SPDX-License-Identifier: Apache-2.0
import { HarnessError, reasonOf } from '../core/errors.ts';
import { EXIT, type ExitCode } from '../core/exit-codes.ts';

/** The exit code of an error: bad input 2, interrupted 130, all else is the harness's fault: inconclusive 3. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof HarnessError)) return EXIT.inconclusive;
  switch (error.code) {
    case 'usage':
    case 'config':
    case 'bundle':
      return EXIT.badInput;
    case 'interrupted':
      return EXIT.interrupted;
    case 'setup':
    case 'harness':
      return EXIT.inconclusive;
  }
}

/** One error for people: what failed, on which thing, why; then what to do. A stack only with AIRGAP_DEBUG. */
export function describeFailure(error: unknown): string {
  const lines = [`error: ${reasonOf(error)}`];
  if (error instanceof HarnessError && error.hint !== undefined) lines.push(`  what to do: ${error.hint}`);
  if (process.env['AIRGAP_DEBUG'] !== undefined && error instanceof Error) lines.push(error.stack ?? '');
  return lines.join('\n');
}
