// SPDX-License-Identifier: Apache-2.0
import type { CheckResult } from '../core/cluster.ts';

const SHOWN = 3;

/** Pass with `passed`, or fail with the problems: the first ones in the message. */
export function verdictOf(problems: readonly string[], passed: string): CheckResult {
  if (problems.length === 0) return { result: 'pass', message: passed, evidence: [] };
  return { result: 'fail', message: inShort(problems), evidence: [] };
}

/** For a check that finds nothing which it could ask. */
export function nothingToAsk(why: string): CheckResult {
  return { result: 'skipped', moot: true, message: why, evidence: [] };
}

/** `LABEL: a; b; c; and 2 more`, or nothing when there is nothing to list. */
export function listed(label: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${label}: ${inShort(items)}`;
}

function inShort(items: readonly string[]): string {
  const more = items.length > SHOWN ? `; and ${items.length - SHOWN} more` : '';
  return items.slice(0, SHOWN).join('; ') + more;
}
