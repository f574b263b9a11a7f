// SPDX-License-Identifier: Apache-2.0
import type { GateException } from '../core/gate.ts';
import { type Attempt, isExpiringSoon, type Report } from '../core/report.ts';
import { attemptMatcher, daysLeft, describeScope, findingMatcher } from './accepts.ts';

type Finding = Report['findings'][number];

interface Live {
  readonly exception: GateException;
  readonly coversAttempt: (attempt: Attempt) => boolean;
  readonly coversFinding: (finding: Pick<Finding, 'rule' | 'location'>) => boolean;
  readonly daysLeft: number;
  readonly attempts: string[];
  readonly findings: string[];
}

/** The gate's exceptions on the day of the run. What they accept stays in the report: it is downgraded, not hidden. */
export class Exceptions {
  readonly #all: readonly Live[];

  /** `startedAt`: ISO 8601. An exception is valid to the end of its day (UTC). */
  constructor(exceptions: readonly GateException[], startedAt: string) {
    this.#all = exceptions.map((exception) => ({
      exception,
      coversAttempt: attemptMatcher(exception.scope),
      coversFinding: findingMatcher(exception.scope),
      daysLeft: daysLeft(exception, startedAt),
      attempts: [],
      findings: [],
    }));
  }

  /** The first valid exception that covers the attempt, and notes that it was used. */
  accept(attempt: Attempt): Attempt['accepted'] {
    const covering = this.#all.filter(({ coversAttempt }) => coversAttempt(attempt));
    for (const { attempts } of covering) attempts.push(attempt.id);
    return firstValid(covering);
  }

  /** The same for a finding. */
  acceptFinding(finding: Pick<Finding, 'rule' | 'location'>): Finding['accepted'] {
    const covering = this.#all.filter(({ coversFinding }) => coversFinding(finding));
    for (const { findings } of covering) findings.push(`${finding.rule} ${finding.location}`);
    return firstValid(covering);
  }

  summary(): Report['exceptions'] {
    return this.#all.map(({ exception, daysLeft: left, attempts, findings }) => ({
      scope: describeScope(exception.scope),
      reason: exception.reason,
      owner: exception.owner,
      expires: exception.expires,
      state: left < 0 ? 'expired' : attempts.length + findings.length > 0 ? 'used' : 'unused',
      daysLeft: left,
      expiresSoon: isExpiringSoon(left),
      attempts: [...attempts],
      findings: [...findings],
    }));
  }
}

function firstValid(covering: readonly Live[]): Attempt['accepted'] {
  const valid = covering.find((one) => one.daysLeft >= 0);
  if (valid === undefined) return null;
  const { reason, owner, expires } = valid.exception;
  return { reason, owner, expires };
}
