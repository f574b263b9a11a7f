// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';

/** What is wrong with a bundle: never the harness's fault, so exit code 2. */
export function bundleError(message: string, hint?: string, cause?: unknown): HarnessError {
  return new HarnessError(message, {
    code: 'bundle',
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
