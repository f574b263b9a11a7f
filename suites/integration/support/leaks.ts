// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Attempt } from '../../../harness/core/report.ts';

/** One leak that a bundle was given on purpose. `owner` is Kind/name, `exe` a regular expression over the path. */
export const expectedLeakSchema = z.strictObject({
  id: z.string(),
  namespace: z.string(),
  owner: z.string(),
  container: z.string(),
  image: z.string(),
  exe: z.string(),
  protocol: z.string(),
  name: z.string().optional(),
  address: z.string().optional(),
  port: z.number().optional(),
});
export type ExpectedLeak = z.infer<typeof expectedLeakSchema>;

/** Which planted leaks were not reported in every field, and which reported attempts nobody planted. */
export function compareLeaks(
  expected: readonly ExpectedLeak[],
  attempts: readonly Attempt[],
): { missing: string[]; unplanned: string[] } {
  const explained = new Set<Attempt>();
  const missing = expected.flatMap((leak) => {
    const found = attempts.filter((attempt) => matches(leak, attempt));
    for (const attempt of found) explained.add(attempt);
    return found.length === 0 ? [`${leak.id}: ${nearest(leak, attempts)}`] : [];
  });
  return { missing, unplanned: attempts.filter((attempt) => !explained.has(attempt)).map(describeAttempt) };
}

function matches(leak: ExpectedLeak, { source, destination, protocol }: Attempt): boolean {
  return (
    protocol === leak.protocol &&
    (leak.name === undefined || destination.name === leak.name) &&
    (leak.address === undefined || destination.address === leak.address) &&
    (leak.port === undefined || destination.port === leak.port) &&
    source.namespace === leak.namespace &&
    source.owner === leak.owner &&
    source.container === leak.container &&
    source.image === leak.image &&
    new RegExp(leak.exe).test(source.process.exe ?? '')
  );
}

function nearest(leak: ExpectedLeak, attempts: readonly Attempt[]): string {
  const near = attempts.find(
    ({ destination }) =>
      destination.name === (leak.name ?? '') || destination.address === (leak.address ?? ''),
  );
  return near === undefined ? 'no attempt to that destination' : `nearest is ${describeAttempt(near)}`;
}

function describeAttempt({ protocol, destination: to, source }: Attempt): string {
  return `${protocol} ${to.name ?? to.address}:${to.port} by ${source.namespace}/${source.owner}/${source.container} ${source.image} ${source.process.exe}`;
}
