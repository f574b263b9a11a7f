// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { comparisonSchema } from '../../../harness/core/comparison.ts';
import type { Report } from '../../../harness/core/report.ts';
import { compareRuns, type ComparedRun } from '../../../harness/verdict/compare-runs.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';
import { RENDERED_AT } from './log-builder.ts';

const REPORT = frozenReport();

function run(provider: string, change: Partial<Report> = {}): ComparedRun {
  const report = { ...REPORT, ...change, environment: { ...REPORT.environment, provider } };
  return { name: provider, report };
}

const ASKED = ['netns', 'vm'].map((name) => ({ name, provider: name, profile: 'no-route' }));

function compare(...runs: ComparedRun[]): ReturnType<typeof compareRuns> {
  return compareRuns(
    runs,
    runs.map(({ report, name }) => ({ name, provider: name, profile: report.environment.profile })),
    RENDERED_AT,
  );
}

describe('comparing runs', () => {
  it('runs that saw the same have no difference, however often something was tried', () => {
    const more = REPORT.attempts.map((attempt) => ({ ...attempt, count: attempt.count + 7 }));
    const comparison = compare(run('netns'), run('container', { attempts: more }));
    expect(comparison.differences).to.equal(0);
    expect(comparison.attempts.length).to.equal(REPORT.attempts.length);
    expect(comparisonSchema.parse(comparison)).to.deep.equal(comparison);
  });

  it('an attempt that one run alone saw, and a check with two results, are the differences, and come first', () => {
    const last = REPORT.attempts.at(-1);
    const lastCheck = REPORT.checks.at(-1);
    if (last === undefined || lastCheck === undefined) throw new Error('the frozen report has both');
    const checks = [...REPORT.checks.slice(0, -1), { ...lastCheck, result: 'error' as const }];
    const comparison = compare(
      run('netns'),
      run('container', { attempts: REPORT.attempts.slice(0, -1), checks }),
    );
    expect(comparison.differences).to.equal(2);
    expect(comparison.attempts[0]).to.deep.include({
      id: last.id,
      seen: { netns: 'seen', container: 'not-seen' },
      same: false,
    });
    expect(comparison.checks[0]).to.deep.include({
      id: lastCheck.id,
      results: { netns: lastCheck.result, container: 'error' },
    });
  });

  it('what a run that proved nothing did not get to is unknown, and no difference', () => {
    const none = REPORT.checks.map((check) => ({ ...check, result: 'not-run' as const }));
    const comparison = compare(
      run('netns'),
      run('vm', { verdict: 'inconclusive', attempts: REPORT.attempts.slice(0, 1), checks: none }),
    );
    expect(comparison.differences).to.equal(0);
    expect(comparison.attempts.map(({ seen }) => seen['vm'])).to.deep.equal([
      'seen',
      ...REPORT.attempts.slice(1).map(() => 'unknown'),
    ]);
    const failed = none.map((check) => ({ ...check, result: 'fail' as const }));
    const passed = none.map((check) => ({ ...check, result: 'pass' as const }));
    expect(compare(run('netns', { checks: passed }), run('vm', { checks: failed })).differences).to.equal(
      none.length,
    );
  });

  it('is not ready if any is, else inconclusive if any is or did not run, else ready', () => {
    const verdicts = (...all: Report['verdict'][]): string =>
      compare(...all.map((verdict, index) => run(`p${index}`, { verdict }))).verdict;
    expect(verdicts('ready', 'ready')).to.equal('ready');
    expect(verdicts('ready', 'inconclusive')).to.equal('inconclusive');
    expect(verdicts('inconclusive', 'not-ready', 'ready')).to.equal('not-ready');
    const half = compareRuns([run('netns', { verdict: 'ready' })], ASKED, RENDERED_AT);
    expect(half.verdict).to.equal('inconclusive');
    expect(half.runs.map(({ provider, verdict }) => [provider, verdict])).to.deep.equal([
      ['netns', 'ready'],
      ['vm', null],
    ]);
  });

  it('lists only the limits that another run does not have', () => {
    const own = { id: 'of-its-own', message: 'x' };
    const { runs } = compare(run('netns'), run('container', { limits: [...REPORT.limits, own] }));
    expect(runs.map(({ limits }) => limits)).to.deep.equal([[], ['of-its-own']]);
  });

  it('refuses runs of two bundles, and none at all', () => {
    const other = run('container', { bundle: { ...REPORT.bundle, digest: 'sha256:0' } });
    expect(() => compare(run('netns'), other)).to.throw('the runs are of different bundles');
    expect(() => compare()).to.throw('there is no run to compare');
  });
});
