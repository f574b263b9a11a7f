// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import { checkEvidence } from './evidence.ts';
import type { Facts } from './facts.ts';
import { toMs } from './phases.ts';
import { type Wish, wishId } from './wishes.ts';

type CheckEvent = EventOf<'check'>;
const WORST_FIRST = ['fail', 'error', 'skipped', 'pass', 'not-applicable'] as const;

/**
 * Each planned check with its answer, then those that were run unplanned. A check that ran twice has the worse of its
 * answers. What the gate requires is required, and `not-run` when nobody planned it.
 */
export function summariseChecks(
  facts: Facts,
  wishes: readonly Wish[],
  leaks: ReadonlySet<string>,
): Report['checks'] {
  const { checks: planned, gate } = facts.run;
  const answers = Map.groupBy(facts.checks, ({ id }) => id);
  const required = new Set(gate.requiredChecks);
  const ids = new Set([...planned.map(({ id }) => id), ...answers.keys(), ...required]);
  return [...ids].map((id) => {
    const plan = planned.find((check) => check.id === id);
    const answer = worst(answers.get(id) ?? []);
    const isRequired = required.has(id) || plan?.required === true || answer?.required === true;
    const title = plan?.title ?? answer?.title ?? id;
    if (answer === null) {
      return {
        id,
        title,
        required: isRequired,
        result: 'not-run',
        message: plan === undefined ? 'the gate requires it, but this run has no such check' : 'not run',
        durationMs: null,
        attempts: [],
        evidence: [],
      };
    }
    return {
      id,
      title,
      required: isRequired,
      result: resultOf(answer),
      message: answer.message,
      durationMs: toMs(answer.at - answer.startedAt),
      attempts: ['pass', 'not-applicable'].includes(resultOf(answer))
        ? []
        : attemptsDuring(answer, wishes, leaks),
      evidence: answer.evidence.map(checkEvidence),
    };
  });
}

function resultOf({ result, moot }: CheckEvent): (typeof WORST_FIRST)[number] {
  return result === 'skipped' && moot === true ? 'not-applicable' : result;
}

function worst(answers: readonly CheckEvent[]): CheckEvent | null {
  for (const result of WORST_FIRST) {
    const found = answers.find((answer) => resultOf(answer) === result);
    if (found !== undefined) return found;
  }
  return null;
}

/** Ids of the attempts that were seen while the check ran: they may be why it failed. */
function attemptsDuring(check: CheckEvent, wishes: readonly Wish[], leaks: ReadonlySet<string>): string[] {
  return wishes
    .filter(({ parts }) =>
      parts.some(({ sighting }) => sighting.at <= check.at && sighting.last >= check.startedAt),
    )
    .map(wishId)
    .filter((id) => leaks.has(id))
    .toSorted();
}
