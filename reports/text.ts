// SPDX-License-Identifier: Apache-2.0
import { describeCulprit, describeCulpritShort } from '../harness/core/describe.ts';
import type { Attempt, Report } from '../harness/core/report.ts';

/** Attempts of one culprit. */
export interface CulpritGroup {
  readonly culprit: string;
  /** The same, short: `shop/Deployment/web (app)`. */
  readonly short: string;
  readonly attempts: readonly Attempt[];
}

/**
 * Attempts by who must mend them: images that cannot be pulled first, since what does not start cannot show what else
 * it would call; then whoever has most destinations; then by name.
 */
export function groupByCulprit(attempts: readonly Attempt[]): CulpritGroup[] {
  const groups = Map.groupBy(attempts, ({ source }) => describeCulprit(source));
  return [...groups]
    .map(([culprit, members]) => {
      const [first] = members;
      return {
        culprit,
        short: first === undefined ? culprit : describeCulpritShort(first.source),
        attempts: members,
      };
    })
    .toSorted(
      (a, b) =>
        Number(wantsImage(b)) - Number(wantsImage(a)) ||
        b.attempts.length - a.attempts.length ||
        (a.short < b.short ? -1 : 1),
    );
}

function wantsImage({ attempts }: CulpritGroup): boolean {
  return attempts.some((attempt) => attempt.class === 'image-pull');
}

/** The verdict as people say it. */
export const VERDICT_WORDS: Readonly<Record<Report['verdict'], string>> = {
  ready: 'READY',
  'not-ready': 'NOT READY',
  inconclusive: 'INCONCLUSIVE',
};

/** A message that brings the end of a log with it: what it says, and the lines of the log (none: null). */
export function splitLog(message: string): { readonly said: string; readonly log: string | null } {
  const [first = '', ...lines] = message.split('\n');
  if (lines.length === 0) return { said: message, log: null };
  return {
    said: first.replace(/; the end of its log:$/, ''),
    log: lines.map((line) => line.trim()).join('\n'),
  };
}

/** `1 attempt`, `3 attempts`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Milliseconds as `340 ms`, `12.3 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Bytes as `640 B`, `12.3 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${size} B` : `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Control characters as blanks: what a bundle or a log brings must not move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}
