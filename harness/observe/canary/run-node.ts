// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { RunningNode } from '../../core/node.ts';
import { canaryArguments } from './encode.ts';
import type { PlannedCanary } from './plan.ts';
import { recordAnswers, recordPlanned } from './record.ts';

export interface NodeCanaryOptions {
  readonly log: EventSink;
  readonly signal: AbortSignal;
}

/** Where every node has the harness's helper program. */
const AGENT = '/run/airgap/airgap-node';
const LIMIT_MS = 30_000;

/**
 * Makes canaries from the node itself, through its traced supervisor. Resolves when all have met something. Throws
 * HarnessError when they could not be made at all.
 */
export async function runNodeCanaries(
  node: RunningNode,
  plan: readonly PlannedCanary[],
  { log, signal }: NodeCanaryOptions,
): Promise<void> {
  recordPlanned(log, node.name, plan);
  const limitMs = LIMIT_MS * node.pace;
  const argv = [AGENT, ...canaryArguments(plan, node.pace)];
  const { exitCode, stdout, stderr, timedOut } = await node.exec(argv, { timeoutMs: limitMs, signal });
  signal.throwIfAborted();
  recordAnswers(log, node.name, plan, stdout);
  if (exitCode === 0) return;
  const reason = timedOut ? `no end after ${limitMs / 1000} s` : stderr.trim() || `exit code ${exitCode}`;
  throw new HarnessError(`canaries could not be made on node "${node.name}": ${reason}`, { code: 'harness' });
}
