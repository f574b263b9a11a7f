// SPDX-License-Identifier: Apache-2.0
import { describeCulprit } from '../core/describe.ts';
import type { Attempt, Report } from '../core/report.ts';
import { HARNESS_MARK, HARNESS_PROGRAM } from '../core/site.ts';
import { compare } from './attempts.ts';
import type { InternalDestinations, SiteDestination } from './internal.ts';

/** Attempts to reach what the site provides are no leaks: splits them off. */
export function splitDependencies(
  attempts: readonly Attempt[],
  internal: InternalDestinations,
): { readonly outside: Attempt[]; readonly uses: Map<SiteDestination, Attempt[]> } {
  const outside: Attempt[] = [];
  const uses = new Map<SiteDestination, Attempt[]>();
  for (const attempt of attempts) {
    const declared = internal.find({ ...attempt.destination, protocol: attempt.protocol });
    if (declared === null) outside.push(attempt);
    else if (!isHarness(attempt)) uses.set(declared, [...(uses.get(declared) ?? []), attempt]);
  }
  return { outside, uses };
}

/** What the customer must provide, with who needs it; also what was declared and nobody used. */
export function summariseDependencies(
  internal: InternalDestinations,
  uses: ReadonlyMap<SiteDestination, readonly Attempt[]>,
): Report['siteDependencies'] {
  return internal.all.map((destination) => {
    const attempts = uses.get(destination) ?? [];
    return {
      name: destination.name,
      description: destination.description,
      stands: destination.stands,
      used: attempts.length > 0,
      users: unique(attempts.map(userOf)),
      destinations: unique(attempts.map(({ destination: to }) => placeOf(to))),
      count: attempts.reduce((total, { count }) => total + count, 0),
      note: attempts.length > 0 ? null : 'nobody used it in this run',
    };
  });
}

/** A check of the harness asked the service from the node. */
function isHarness({ source: { owner, process } }: Attempt): boolean {
  return owner === null && (process.exe === HARNESS_PROGRAM || process.argv?.includes(HARNESS_MARK) === true);
}

/** `namespace/pod` names change with each run, so the owner stands for its pods. */
function userOf({ source }: Attempt): string {
  return source.owner === null ? describeCulprit(source) : `${source.namespace ?? ''}/${source.owner}`;
}

function placeOf({ name, address, port }: Attempt['destination']): string {
  if (name !== null) return name;
  const host = address?.includes(':') === true ? `[${address}]` : (address ?? '');
  return port === null ? host : `${host}:${port}`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted(compare);
}
