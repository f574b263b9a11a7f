// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import type { EvidenceRef } from '../core/events.ts';
import { gatherEvidence } from './gather-evidence.ts';

/** A check that has not answered by then is an error of the harness, not of the bundle. */
const DEADLINE_MS = 300_000;
const EVIDENCE_MS = 60_000;

export interface RunCheckOptions {
  /** @default the check's own, times the node's pace */
  readonly deadlineMs?: number;
}

/** Runs one check, with evidence when it does not pass, and appends its answer to the log. Throws only on abort. */
export async function runCheck(
  check: Check,
  context: CheckContext,
  { deadlineMs = (check.deadlineMs ?? DEADLINE_MS) * context.cluster.node.pace }: RunCheckOptions = {},
): Promise<CheckResult> {
  const startedAt = context.clock.now();
  const found = await answerOf(check, context, deadlineMs);
  const isFine = found.result === 'pass' || found.result === 'skipped';
  const evidence = isFine ? [] : await evidenceOf(check, context);
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

async function answerOf(check: Check, context: CheckContext, deadlineMs: number): Promise<CheckResult> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  const stopped = Promise.withResolvers<never>();
  const onStop = (): void => stopped.reject(new Error(`no answer within ${deadlineMs / 1000} s`));
  signal.addEventListener('abort', onStop, { once: true });
  if (signal.aborted) onStop();
  try {
    return await Promise.race([check.run({ ...context, signal }), stopped.promise]);
  } catch (error) {
    context.signal.throwIfAborted();
    return { result: 'error', message: `could not be asked: ${reasonOf(error)}`, evidence: [] };
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}

/** What there is after a minute (times the node's pace) at most: a cluster that answers nothing does not hold up the run. */
async function evidenceOf(check: Check, context: CheckContext): Promise<EvidenceRef[]> {
  const cancel = new AbortController();
  const late = sleep(EVIDENCE_MS * context.cluster.node.pace, [], {
    signal: cancel.signal,
    ref: false,
  }).catch(() => []);
  try {
    return await Promise.race([gatherEvidence(check.id, context), late]);
  } finally {
    cancel.abort();
  }
}
