// SPDX-License-Identifier: Apache-2.0
import type { CheckResult } from '../core/cluster.ts';

/** Pass with `passed`, or fail with the problems: the first ones in the message. */
export function verdictOf(problems: readonly string[], passed: string): CheckResult {
  if (problems.length === 0) return { result: 'pass', message: passed, evidence: [] };
  const shown = problems.slice(0, 3).join('; ');
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  return { result: 'fail', message: shown + more, evidence: [] };
}
