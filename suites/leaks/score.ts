// SPDX-License-Identifier: Apache-2.0
import type { Attempt } from '../../harness/core/report.ts';
import type { Expected, Reach } from './types.ts';

/** What a report says of each attempt besides where it went. */
export const FIELDS = ['pod', 'owner', 'container', 'image', 'process', 'class'] as const;
export type Field = (typeof FIELDS)[number];

export interface Wrong {
  readonly caseId: string;
  readonly field: Field;
  readonly expected: string | null;
  readonly actual: string | null;
}

/** How one report compares with what was planted. */
export interface Score {
  /** Expected attempts that are not optional. */
  readonly wanted: number;
  readonly found: number;
  /** `case: destination` of those that are not in the report. */
  readonly missed: readonly { readonly caseId: string; readonly destination: string }[];
  /** Attempts of the report that nobody planted, in words. */
  readonly falseAlarms: readonly string[];
  readonly wrong: readonly Wrong[];
  /** Of the found ones, by field: how many were compared, and how many were right. */
  readonly fields: Readonly<Record<Field, { readonly right: number; readonly of: number }>>;
}

/**
 * Compares. An attempt answers at most one expectation: the one with its very destination, and of several those that agree in
 * most fields. What is left over is a false alarm, also when it repeats a planted destination under another culprit.
 */
export function score(expected: readonly Expected[], attempts: readonly Attempt[]): Score {
  const left = new Set(attempts);
  const missed: Score['missed'][number][] = [];
  const wrong: Wrong[] = [];
  const fields = Object.fromEntries(FIELDS.map((field) => [field, { right: 0, of: 0 }])) as Record<
    Field,
    { right: number; of: number }
  >;
  const wanted = expected.filter(({ optional }) => !optional);
  for (const one of wanted) {
    const best = bestOf(one, left);
    if (best === null) {
      missed.push({ caseId: one.caseId, destination: describeReach(one.reach) });
      continue;
    }
    left.delete(best);
    const faults = faultsOf(one, best);
    wrong.push(...faults);
    for (const field of FIELDS) {
      fields[field].of += 1;
      if (!faults.some((fault) => fault.field === field)) fields[field].right += 1;
    }
  }
  for (const one of expected.filter(({ optional }) => optional)) {
    const best = bestOf(one, left);
    if (best !== null) left.delete(best);
  }
  return {
    wanted: wanted.length,
    found: wanted.length - missed.length,
    missed,
    falseAlarms: [...left].map(describeAttempt),
    wrong,
    fields,
  };
}

/** Cases of which anything is missed or wrong. */
export function failedCases({ missed, wrong }: Score): ReadonlySet<string> {
  return new Set([...missed, ...wrong].map(({ caseId }) => caseId));
}

function bestOf(one: Expected, attempts: ReadonlySet<Attempt>): Attempt | null {
  let best: Attempt | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const attempt of attempts) {
    if (!goesThere(attempt, one.reach)) continue;
    const faults = faultsOf(one, attempt).length;
    if (faults < fewest) [best, fewest] = [attempt, faults];
  }
  return best;
}

function goesThere({ protocol, destination }: Attempt, reach: Reach): boolean {
  return (
    protocol === reach.protocol &&
    destination.name === reach.name &&
    destination.port === reach.port &&
    // the address of a name that was asked for is a matter of the profile
    ((reach.name !== null && reach.address === null) || destination.address === reach.address)
  );
}

function faultsOf({ caseId, reach, source: who }: Expected, attempt: Attempt): Wrong[] {
  const { source } = attempt;
  const owner = (namespace: string | null, name: string | null): string | null =>
    name === null ? null : `${namespace}/${name}`;
  const faults: Wrong[] = [];
  const compare = (field: Field, expected: string | null, actual: string | null, right: boolean): void => {
    if (!right) faults.push({ caseId, field, expected, actual });
  };
  const pods = source.pods.length === 0 ? null : source.pods.join(', ');
  const isPod = (pattern: string): boolean => source.pods.every((pod) => new RegExp(pattern).test(pod));
  compare('pod', who.pod, pods, who.pod === null ? pods === null : pods !== null && isPod(who.pod));
  const [wantedOwner, actualOwner] = [owner(who.namespace, who.owner), owner(source.namespace, source.owner)];
  compare('owner', wantedOwner, actualOwner, wantedOwner === actualOwner);
  compare('container', who.container, source.container, who.container === source.container);
  compare('image', who.image, source.image, who.image === source.image);
  if (who.candidate !== undefined) {
    const isNamed = attempt.remedy.includes(who.candidate);
    compare('owner', `unknown, perhaps ${who.candidate}`, actualOwner, isNamed && actualOwner === null);
  }
  const { exe } = source.process;
  compare('process', who.exe, exe, who.exe === null ? exe === null : new RegExp(who.exe).test(exe ?? ''));
  compare('class', reach.class, attempt.class, reach.class === attempt.class);
  return faults;
}

export function describeReach({ protocol, address, name, port }: Reach): string {
  return `${protocol} ${name ?? address}${port === null ? '' : `:${port}`}`;
}

function describeAttempt({ protocol, destination, source, class: className }: Attempt): string {
  const { name, address, port } = destination;
  const who = `${source.namespace ?? '-'}/${source.owner ?? '-'}/${source.container ?? '-'}`;
  return `${describeReach({ protocol, address, name, port, class: '' })} by ${who} (${source.process.exe ?? 'no process'}), ${className}`;
}
