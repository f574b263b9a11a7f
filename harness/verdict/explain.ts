// SPDX-License-Identifier: Apache-2.0
import type { EventBody } from '../core/events.ts';
import type { Attempt, Report } from '../core/report.ts';
import { type Classification, classify, type ClassifyBy } from './classify.ts';
import { programOf } from './tasks.ts';

type Explanation = Extract<EventBody, { type: 'explanation' }>;

/**
 * What a run in `trap` adds to a run of the same bundle in another profile: for each attempt that both saw, by the same
 * program of the same workload, the name and the path that were said on its connection. An attempt's id says nothing of
 * those, so it is the same in both. Pure.
 *
 * @param folder of the run in the trap, below that of the explained run
 */
export function explain(explained: Report, trapped: Report, folder: string): Explanation[] {
  const byId = new Map(trapped.attempts.map((attempt) => [attempt.id, attempt]));
  return explained.attempts.flatMap((attempt) => {
    const heard = byId.get(attempt.id);
    if (heard === undefined || !isSameProgram(attempt, heard)) return [];
    const { name, sni, path } = heard.destination;
    const isNew = (attempt.destination.name === null && name !== null) || sni !== null || path !== null;
    return isNew ? [{ type: 'explanation', attempt: attempt.id, folder, name, sni, path }] : [];
  });
}

/** The id holds workload, container and destination; of a process that nobody saw nothing can be told. */
function isSameProgram({ source: a }: Attempt, { source: b }: Attempt): boolean {
  const [one, other] = [a.process.exe, b.process.exe];
  return one === null || other === null || programOf(one) === programOf(other);
}

/**
 * The attempt with what an explanation adds, and a line of evidence for it; what the run itself knows stays. With a name or a path its class
 * and remedy may be more exact. Whether it is accepted was decided before.
 */
export function withExplanation(
  attempt: Attempt,
  explanation: Explanation | undefined,
  by: ClassifyBy,
): Attempt {
  if (explanation === undefined) return attempt;
  const { name, sni, path, folder } = explanation;
  const { destination } = attempt;
  const said = [
    ...(name === null ? [] : [`name ${name}`]),
    ...(sni === null ? [] : [`TLS server name ${sni}`]),
    ...(path === null ? [] : [`path ${path}`]),
  ].join(', ');
  const text = `a second run, in profile trap (${folder}), heard on this connection: ${said}`;
  const heard = {
    ...destination,
    name: destination.name ?? name,
    sni: destination.sni ?? sni,
    path: destination.path ?? path,
  };
  return {
    ...attempt,
    ...classAgain({ ...attempt, destination: heard }, by),
    destination: heard,
    evidence: [...attempt.evidence, { observer: 'sink', file: null, record: null, text }],
  };
}

/** A class of the explained attempt, where the table has one; an image that a pod waits for has said more already. */
function classAgain(attempt: Attempt, by: ClassifyBy): Classification | null {
  if (attempt.class === 'image-pull') return null;
  const again = classify(
    { ...attempt, wanted: null, framesOnly: false, namesOfSource: new Set(), unknownInside: new Set() },
    by,
  );
  return again.class.startsWith('unknown-') ? null : again;
}
