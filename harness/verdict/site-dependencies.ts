// SPDX-License-Identifier: Apache-2.0
import { describeCulprit } from '../core/describe.ts';
import type { Gate, InternalDestination } from '../core/gate.ts';
import type { Attempt, Report } from '../core/report.ts';
import { compare } from './attempts.ts';
import type { InternalDestinations } from './internal.ts';

/** Attempts to reach what the site provides are no leaks: splits them off. */
export function splitDependencies(
  attempts: readonly Attempt[],
  internal: InternalDestinations,
): { readonly outside: Attempt[]; readonly uses: Map<InternalDestination, Attempt[]> } {
  const outside: Attempt[] = [];
  const uses = new Map<InternalDestination, Attempt[]>();
  for (const attempt of attempts) {
    const declared = internal.find({ ...attempt.destination, protocol: attempt.protocol });
    if (declared === null) outside.push(attempt);
    else uses.set(declared, [...(uses.get(declared) ?? []), attempt]);
  }
  return { outside, uses };
}

/** What the customer must provide, with who needs it; also what was declared and nobody used. */
export function summariseDependencies(
  gate: Gate,
  uses: ReadonlyMap<InternalDestination, readonly Attempt[]>,
): Report['siteDependencies'] {
  return gate.internal.map((destination) => {
    const attempts = uses.get(destination) ?? [];
    return {
      name: destination.name,
      description: destination.description,
      used: attempts.length > 0,
      users: unique(attempts.map(userOf)),
      destinations: unique(attempts.map(({ destination: to }) => placeOf(to))),
      count: attempts.reduce((total, { count }) => total + count, 0),
      note: attempts.length > 0 ? null : 'nobody used it in this run',
    };
  });
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
