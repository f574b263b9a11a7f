// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { compareRuns } from '../../../harness/verdict/compare-runs.ts';
import { renderComparison } from '../../../reports/comparison-terminal.ts';
import { renderComparisonHtml } from '../../../reports/html/comparison.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';
import { HOSTILE, hostileReport } from './hostile-report.ts';

const plain = { columns: 100, paint: (_: unknown, text: string) => text, folder: 'out' };

function onTwo(report = frozenReport(), copies = 1): ReturnType<typeof compareRuns> {
  const attempts = Array.from({ length: copies }, (_, copy) =>
    report.attempts.map((attempt) => ({ ...attempt, id: `${attempt.id}${copy}` })),
  ).flat();
  const other = { ...report, attempts: [], environment: { ...report.environment, provider: 'container' } };
  const first = { ...report, attempts, environment: { ...report.environment, provider: 'netns' } };
  return compareRuns(
    [
      { name: 'netns', report: first },
      { name: 'container', report: { ...other, verdict: 'ready' } },
      {
        name: 'vm',
        report: {
          ...first,
          verdict: 'inconclusive',
          attempts: [],
          environment: { ...report.environment, provider: 'vm' },
        },
      },
    ],
    ['netns', 'container', 'vm', 'ssh'].map((name) => ({ name, provider: name, profile: 'no-route' })),
    '2026-03-01T12:00:00.000Z',
  );
}

describe('a comparison on the screen and as a page', () => {
  it('has a line for each run, why one proved nothing, and each difference', () => {
    const lines = renderComparison(onTwo(), plain).split('\n');
    expect(lines[0]).to.match(/^NOT READY {2}acme-billing 4\.2\.0 on netns, container, vm, ssh$/);
    expect(
      lines.filter((line) => /^(?:netns|container|vm|ssh) /.test(line)).map((line) => line.slice(0, 24)),
    ).to.deep.equal([
      'netns     NOT READY     ',
      'container READY         ',
      'vm        INCONCLUSIVE  ',
      'ssh       did not run',
    ]);
    expect(lines.some((line) => / → .*: on netns, not on container$/.test(line))).to.equal(true);
  });

  it('stays within 25 lines of 100 columns, whatever a bundle says', () => {
    for (const comparison of [onTwo(frozenReport(), 20), onTwo(hostileReport(), 20)]) {
      const text = renderComparison(comparison, plain);
      const lines = text.split('\n');
      expect(lines.length).to.be.at.most(25);
      expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(100);
      expect(text)
        .to.include('more in the report')
        .and.not.match(/\p{Cc}(?<!\n)/u);
    }
  });

  it('the page links the runs, marks what differs in words, and cannot be broken out of', () => {
    const page = renderComparisonHtml(onTwo(hostileReport()));
    expect(page).to.include('<a href="netns/report.html">NOT READY</a>').and.include('not seen (differs)');
    expect(page).not.to.include(HOSTILE.slice(0, 40));
    expect(page).not.to.match(/<script|<img/);
  });
});
