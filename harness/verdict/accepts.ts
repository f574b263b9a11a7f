// SPDX-License-Identifier: Apache-2.0
import type { ExceptionScope, GateException } from '../core/gate.ts';
import type { Attempt, Report } from '../core/report.ts';
import { canonicalAddress } from './addresses.ts';
import { glob } from './globs.ts';

type Finding = Pick<Report['findings'][number], 'rule' | 'location'>;

/** True for an attempt that the scope covers: all that is given matches. A scope of findings covers none. */
export function attemptMatcher(scope: ExceptionScope): (attempt: Attempt) => boolean {
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
  if (isOfFindings(scope)) return () => false;
  return (attempt) => tests.length > 0 && tests.every((test) => test(attempt));
}

/** True for a finding that the scope covers. A scope of attempts covers none. */
export function findingMatcher(scope: ExceptionScope): (finding: Finding) => boolean {
  if (!isOfFindings(scope)) return () => false;
  const rule = glob(scope.finding ?? '*');
  const location = glob(scope.location ?? '*');
  return (finding) => rule(finding.rule) && location(finding.location);
}

function isOfFindings({ finding, location }: ExceptionScope): boolean {
  return finding !== undefined || location !== undefined;
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

/** All of a scope in words: `destination updates.example, owner shop/Deployment/web`. */
export function describeScope(scope: ExceptionScope): string {
  return Object.entries(scope)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}

const DAY_MS = 86_400_000;

/** Whole days from the day of `now` (ISO 8601) to the last day of an exception, UTC; below zero: it has expired. */
export function daysLeft({ expires }: Pick<GateException, 'expires'>, now: string): number {
  const today = Date.parse(`${now.slice(0, 10)}T00:00:00Z`);
  return Math.round((Date.parse(`${expires}T00:00:00Z`) - today) / DAY_MS);
}
