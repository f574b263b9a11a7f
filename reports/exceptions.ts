// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../harness/core/report.ts';
import { plural } from './text.ts';

type Exception = Report['exceptions'][number];

/** `9 days left`, `today is its last day`, `3 days ago`. */
export function remaining(days: number): string {
  if (days < 0) return `${plural(-days, 'day')} ago`;
  return days === 0 ? 'today is its last day' : `${plural(days, 'day')} left`;
}

/** What somebody should do about an exception; null when there is nothing to do. */
export function exceptionWarning({ state, daysLeft, expiresSoon, expires }: Exception): string | null {
  if (state === 'expired')
    return `expired on ${expires} (${remaining(daysLeft)}): it accepts nothing any more`;
  const soon = expiresSoon ? `expires on ${expires} (${remaining(daysLeft)})` : null;
  if (state === 'unused') return `unused in this run${soon === null ? '' : `; ${soon}`}`;
  return soon;
}

/** One line for all of them: `Exceptions: 2 used, 1 unused, 1 expired; the next expires in 9 days`; null when there is none. */
export function exceptionsLine(exceptions: readonly Exception[]): string | null {
  if (exceptions.length === 0) return null;
  const counts = (['used', 'unused', 'expired'] as const)
    .map((state) => ({ state, count: exceptions.filter((one) => one.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`);
  const [next] = exceptions
    .filter(({ expiresSoon }) => expiresSoon)
    .toSorted((a, b) => a.daysLeft - b.daysLeft);
  const soon =
    next === undefined ? '' : `; the next expires on ${next.expires} (${remaining(next.daysLeft)})`;
  return `Exceptions: ${counts.join(', ')}${soon}`;
}
