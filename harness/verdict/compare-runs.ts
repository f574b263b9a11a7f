// SPDX-License-Identifier: Apache-2.0
import { COMPARISON_SCHEMA_VERSION, type Comparison } from '../core/comparison.ts';
import { describeCulpritShort, describeDestination } from '../core/describe.ts';
import { HarnessError } from '../core/errors.ts';
import type { Report } from '../core/report.ts';

/** One run of those that are compared. */
export interface ComparedRun {
  /** Tells it from the others; its folder, as the reader of the comparison finds it. */
  readonly name: string;
  readonly report: Report;
}

/** A run that was asked for. */
export interface AskedRun {
  readonly name: string;
  readonly provider: string;
  readonly profile: string;
}

/**
 * Joins runs of one plan on several providers or in several profiles: attempts by id, checks by id. How often something was tried is no
 * difference, that it was tried is. What a run did not get to is unknown, and no difference either. Pure.
 *
 * @param runs those that took place
 * @param asked all that were asked for: one without a run keeps the whole from being ready
 * @throws HarnessError (harness) when there is no run at all, or when they are of different bundles
 */
export function compareRuns(
  runs: readonly ComparedRun[],
  asked: readonly AskedRun[],
  renderedAt: string,
): Comparison {
  const [first] = runs;
  if (first === undefined) throw new HarnessError('there is no run to compare', { code: 'harness' });
  const { name, version, digest } = first.report.bundle;
  if (runs.some(({ report }) => report.bundle.digest !== digest)) {
    throw new HarnessError(`the runs are of different bundles: "${name}" and another`, { code: 'harness' });
  }
  const attempts = joinAttempts(runs);
  const checks = joinChecks(runs);
  const everywhere = limitsOfAll(runs);
  return {
    kind: 'comparison',
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    renderedAt,
    bundle: { name, version, digest },
    verdict: verdictOf(runs, asked),
    runs: asked.map((one) => {
      const run = runs.find(({ name: ran }) => ran === one.name);
      return run === undefined ? notRun(one) : summaryOf(run, everywhere);
    }),
    attempts,
    checks,
    differences: [...attempts, ...checks].filter(({ same }) => !same).length,
  };
}

function verdictOf(runs: readonly ComparedRun[], asked: readonly AskedRun[]): Comparison['verdict'] {
  const verdicts = runs.map(({ report }) => report.verdict);
  if (verdicts.includes('not-ready')) return 'not-ready';
  return verdicts.includes('inconclusive') || runs.length < asked.length ? 'inconclusive' : 'ready';
}

function summaryOf(
  { name, report }: ComparedRun,
  everywhere: ReadonlySet<string>,
): Comparison['runs'][number] {
  const { environment, runId, verdict, reasons, attempts, checks, timings, limits } = report;
  return {
    name,
    provider: environment.provider,
    profile: environment.profile,
    folder: name,
    runId,
    verdict,
    reason: reasons[0]?.message ?? null,
    attempts: attempts.length,
    checksPassed: checks.filter(({ result }) => result === 'pass').length,
    checks: checks.filter(({ result }) => result !== 'not-applicable').length,
    durationMs: timings['total'] ?? 0,
    limits: [...new Set(limits.map(({ id }) => id))].filter((id) => !everywhere.has(id)),
  };
}

function notRun(asked: AskedRun): Comparison['runs'][number] {
  const nothing = { attempts: 0, checksPassed: 0, checks: 0, durationMs: 0, limits: [] };
  return { ...asked, folder: null, runId: null, verdict: null, reason: null, ...nothing };
}

function limitsOfAll(runs: readonly ComparedRun[]): Set<string> {
  const [first, ...others] = runs.map(({ report }) => new Set(report.limits.map(({ id }) => id)));
  return others.reduce((all, each) => all.intersection(each), first ?? new Set<string>());
}

function joinAttempts(runs: readonly ComparedRun[]): Comparison['attempts'] {
  const all = new Map(runs.flatMap(({ report }) => report.attempts.map((attempt) => [attempt.id, attempt])));
  const joined = [...all.values()].map((attempt) => {
    const seen = runs.map(({ report }) => {
      if (report.attempts.some(({ id }) => id === attempt.id)) return 'seen' as const;
      return report.verdict === 'inconclusive' ? ('unknown' as const) : ('not-seen' as const);
    });
    return {
      id: attempt.id,
      culprit: describeCulpritShort(attempt.source),
      destination: describeDestination(attempt),
      class: attempt.class,
      seen: byRun(runs, seen),
      same: !seen.includes('not-seen'),
    };
  });
  return differentFirst(joined);
}

function joinChecks(runs: readonly ComparedRun[]): Comparison['checks'] {
  const titles = new Map(runs.flatMap(({ report }) => report.checks.map(({ id, title }) => [id, title])));
  const joined = [...titles].map(([id, title]) => {
    const results = runs.map(
      ({ report }) => report.checks.find((check) => check.id === id)?.result ?? 'not-run',
    );
    const same = new Set(results.filter((result) => result !== 'not-run')).size < 2;
    return { id, title, results: byRun(runs, results), same };
  });
  return differentFirst(joined);
}

function byRun<T>(runs: readonly ComparedRun[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(
    runs.flatMap(({ name }, index) => {
      const value = values[index];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function differentFirst<T extends { readonly same: boolean }>(all: readonly T[]): T[] {
  return [...all.filter(({ same }) => !same), ...all.filter(({ same }) => same)];
}
