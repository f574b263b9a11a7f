// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from './errors.ts';
import { printable } from './printable.ts';

/**
 * The operating system's reason alone: of `ENOENT: no such file or directory, open '/x'` what stands between the code and the call,
 * because the message around it names the thing already.
 */
export function systemReason(error: unknown): string {
  const reason = reasonOf(error);
  return printable(/^E[A-Z0-9]+: (.+?)(?:, [a-z]+(?: '.*')?)?$/s.exec(reason)?.[1] ?? reason);
}
