// SPDX-License-Identifier: Apache-2.0
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import { gatherEvidence } from './gather-evidence.ts';

/** A check that has not answered by then is an error of the harness, not of the bundle. */
const DEADLINE_MS = 300_000;

/** Runs one check, with evidence when it does not pass, and appends its answer to the log. Throws only on abort. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const startedAt = context.clock.now();
  let found: CheckResult;
  try {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const signal = AbortSignal.any([context.signal, deadline]);
    found = await Promise.race([
      check.run({ ...context, signal }),
      new Promise<never>((_, reject) => {
        signal.addEventListener(
          'abort',
          () => reject(new Error(`no answer within ${DEADLINE_MS / 1000} s`)),
          { once: true },
        );
      }),
    ]);
  } catch (error) {
    context.signal.throwIfAborted();
    found = { result: 'error', message: `could not be asked: ${reasonOf(error)}`, evidence: [] };
  }
  const evidence =
    found.result === 'pass' || found.result === 'skipped' ? [] : await gatherEvidence(check.id, context);
  const result = { ...found, evidence: [...found.evidence, ...evidence] };
  context.log.append({
    type: 'check',
    id: check.id,
    title: check.title,
    required: true,
    startedAt,
    ...result,
  });
  return result;
}
