// SPDX-License-Identifier: Apache-2.0
import type { EventSink, NodeId } from '../../core/events.ts';
import { answersIn } from './encode.ts';
import type { PlannedCanary } from './plan.ts';

/** Writes canaries down before they are made: a run that ends in between shows what was to be seen. */
export function recordPlanned(log: EventSink, node: NodeId, plan: readonly PlannedCanary[]): void {
  for (const { gateway: _, ...canary } of plan) log.append({ type: 'canary', ...canary }, { node });
}

/** Writes down what each met. */
export function recordAnswers(
  log: EventSink,
  node: NodeId,
  plan: readonly PlannedCanary[],
  output: string,
): void {
  const answers = answersIn(output);
  for (const { id } of plan) {
    log.append(
      { type: 'canary-answer', id, ...(answers.get(id) ?? { answer: 'it was not made' }) },
      { node },
    );
  }
}
