// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { renderHtml } from '../../../reports/html/render-html.ts';
import { renderJson } from '../../../reports/json.ts';
import { renderJunit } from '../../../reports/junit.ts';
import { renderTerminal } from '../../../reports/terminal.ts';
import { maskText } from '../../../harness/verdict/mask.ts';
import { containerIdOf, LogBuilder, RUN } from './log-builder.ts';

/** Shaped as real ones are, in parts, so that no scanner takes this file for a leak. */
const PLANTED = [
  'hunter2secret',
  ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2'].join('_'),
  ['xoxb', '123456789012-abcdefghijklmnop'].join('-'),
  'Q9x8W7v6U5t4S3r2',
  'AAFz19dkE03kfhE82kdlE93kdmw0',
] as const;
const [PASSWORD, GITHUB, SLACK, QUERY, BOT] = PLANTED;

function planted(): LogBuilder {
  const to = { protocol: 'tcp', address: '198.51.100.7', port: 443 } as const;
  return new LogBuilder({
    gate: {
      ...RUN.gate,
      exceptions: [
        {
          scope: { class: 'x' },
          reason: `see https://a:${PASSWORD}@wiki.example`,
          owner: 'jo',
          expires: '2026-12-31',
        },
      ],
    },
  })
    .complete()
    .pod('web', '10.42.0.5')
    .task('n:1:0', '/bin/agent', {
      container: containerIdOf('web'),
      argv: ['agent', '--url', `https://x:${PASSWORD}@up.example/p?token=${QUERY}`, '--slack', SLACK],
    })
    .saw('routes', 5, to, { task: 'n:1:0', raw: { text: `GET /p?api_key=${QUERY} Host: up.example` } })
    .saw(
      'sink',
      6,
      { ...to, host: 'up.example', path: `/bot123456789:${BOT}/send?access_token=${QUERY}` },
      { from: { address: '10.99.0.1' }, raw: { text: `GET /x?sig=${QUERY}` } },
    )
    .add(20, {
      type: 'check',
      id: 'c',
      title: 'c',
      required: true,
      result: 'fail',
      message: `last words: connecting to postgres://app:${PASSWORD}@db.example/app`,
      startedAt: 19,
      evidence: [{ text: `Authorization: Bearer ${GITHUB}` }],
    })
    .add(0.4, {
      type: 'finding',
      id: 'f',
      rule: 'chart-dependency',
      severity: 'blocker',
      message: `needs https://${GITHUB}@charts.example/stable`,
      location: 'Chart.yaml',
      remedy: `take https://u:${PASSWORD}@charts.example out`,
    });
}

describe('planted secrets', () => {
  it('are in no rendering of a run', () => {
    const report = planted().report();
    const options = { columns: 100, paint: (_: unknown, text: string): string => text, folder: 'x' };
    const all = {
      json: renderJson(report),
      html: renderHtml(report),
      junit: renderJunit(report),
      terminal: renderTerminal(report, options),
    };
    for (const [name, text] of Object.entries(all)) {
      expect(
        PLANTED.filter((secret) => text.includes(secret)),
        name,
      ).to.deep.equal([]);
    }
    expect(all.json).to.contain('https://x:***@up.example/p?token=***');
    expect(all.json).to.contain('postgres://app:***@db.example/app');
    expect(report.attempts[0]?.destination.path).to.equal('/bot123456789:***/send?access_token=***');
  });

  for (const text of [
    'https://user@host.example/path?page=2&sort=name',
    'registry.example/team/app@sha256:0123456789abcdef',
    'helm upgrade --install web charts/web.tgz --namespace shop',
    'Set `NEW_RELIC_ENABLED=false`. Where: Deployment/web (container app) in namespace shop.',
    '198.51.100.7:443/tcp, [2001:db8::7]:443/tcp',
    'mailto:jo@example.org',
  ]) {
    it(`are not seen in ${text}`, () => expect(maskText(text)).to.equal(text));
  }
});
