// SPDX-License-Identifier: Apache-2.0
import type { ExceptionScope, GateException } from '../core/gate.ts';
import type { Attempt, Report } from '../core/report.ts';
import { canonicalAddress } from './addresses.ts';
import { glob } from './globs.ts';

const DAY_MS = 86_400_000;

interface Live {
  readonly exception: GateException;
  readonly matches: (attempt: Attempt) => boolean;
  readonly daysLeft: number;
  readonly attempts: string[];
}

/** The gate's exceptions on the day of the run. What they accept stays in the report: it is downgraded, not hidden. */
export class Exceptions {
  readonly #all: readonly Live[];

  /** `startedAt`: ISO 8601. An exception is valid to the end of its day (UTC). */
  constructor(exceptions: readonly GateException[], startedAt: string) {
    const today = Date.parse(`${startedAt.slice(0, 10)}T00:00:00Z`);
    this.#all = exceptions.map((exception) => ({
      exception,
      matches: matcher(exception.scope),
      daysLeft: Math.round((Date.parse(`${exception.expires}T00:00:00Z`) - today) / DAY_MS),
      attempts: [],
    }));
  }

  /** The first valid exception that covers the attempt, and notes that it was used. */
  accept(attempt: Attempt): Attempt['accepted'] {
    const covering = this.#all.filter(({ matches }) => matches(attempt));
    for (const { attempts } of covering) attempts.push(attempt.id);
    const valid = covering.find(({ daysLeft }) => daysLeft >= 0);
    if (valid === undefined) return null;
    const { reason, owner, expires } = valid.exception;
    return { reason, owner, expires };
  }

  summary(): Report['exceptions'] {
    return this.#all.map(({ exception, daysLeft, attempts }) => ({
      scope: describeScope(exception.scope),
      reason: exception.reason,
      owner: exception.owner,
      expires: exception.expires,
      state: daysLeft < 0 ? 'expired' : attempts.length > 0 ? 'used' : 'unused',
      daysLeft,
      attempts: [...attempts],
    }));
  }
}

function matcher(scope: ExceptionScope): (attempt: Attempt) => boolean {
  const tests: ((attempt: Attempt) => boolean)[] = [];
  if (scope.destination !== undefined) tests.push(destinationMatcher(scope.destination));
  if (scope.image !== undefined) {
    const image = glob(scope.image);
    tests.push(({ source }) => source.image !== null && image(source.image));
  }
  if (scope.owner !== undefined) {
    const owner = glob(scope.owner);
    tests.push(
      ({ source }) =>
        source.owner !== null && (owner(source.owner) || owner(`${source.namespace ?? ''}/${source.owner}`)),
    );
  }
  if (scope.class !== undefined) {
    const className = glob(scope.class);
    tests.push((attempt) => className(attempt.class));
  }
  if (scope.phase !== undefined) {
    // In that phase and in no other: an accepted start-up is not an accepted habit.
    const { phase } = scope;
    tests.push(({ phases }) => {
      const seen = Object.keys(phases);
      return seen.length > 0 && seen.every((name) => name === phase);
    });
  }
  return (attempt) => tests.length > 0 && tests.every((test) => test(attempt));
}

/** `host`, `host:port`, `address`, `[IPv6]:port`. Of a name that was only asked for, no port is known: any will do. */
function destinationMatcher(destination: string): (attempt: Attempt) => boolean {
  const [, bracketed, bracketPort] = /^\[(.+)\](?::(\d+))?$/.exec(destination) ?? [];
  const [, plain, plainPort] = /^([^:]*)(?::(\d+))?$/.exec(destination) ?? [];
  const host = glob(canonicalAddress(bracketed ?? plain ?? destination));
  const text = bracketPort ?? plainPort;
  const port = text === undefined ? null : Number(text);
  return ({ protocol, destination: to }) =>
    ((to.name !== null && host(to.name)) || (to.address !== null && host(to.address))) &&
    (port === null || protocol === 'dns' || port === to.port);
}

function describeScope(scope: ExceptionScope): string {
  return Object.entries(scope)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}
