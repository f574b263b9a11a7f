// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { reportSchema, type Report } from '../../harness/core/report.ts';
import { renderHtml } from '../../reports/html/render-html.ts';
import { needs, REPO_ROOT } from '../integration/support/needs.ts';

const CHROMIUM = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--virtual-time-budget=3000',
];

async function fixture(): Promise<Report> {
  return reportSchema.parse(
    JSON.parse(await readFile(join(REPO_ROOT, 'suites/fixtures/report.json'), 'utf8')),
  );
}

/** The page's elements after it was loaded in a real browser. */
async function dumpDom(page: string): Promise<string> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-browser-'));
  const path = join(dir.path, 'report.html');
  await writeFile(path, page);
  const { stdout } = await execa('chromium', [
    ...CHROMIUM,
    `--user-data-dir=${join(dir.path, 'profile')}`,
    '--dump-dom',
    `file://${path}`,
  ]);
  return stdout;
}

describe('report.html in Chromium', function browser() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'chromium');
  });

  it('shows the verdict, every attempt and every check', async () => {
    const report = await fixture();
    const dom = await dumpDom(renderHtml(report));
    expect(dom).to.contain('NOT READY');
    for (const { id } of report.attempts) expect(dom).to.contain(`id="attempt-${id}"`);
    for (const { title } of report.checks)
      expect(dom).to.contain(title.replaceAll("'", '&#39;').slice(0, 20));
  });

  it('texts of a bundle neither run nor fetch: the page asks nothing of a server that listens', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('document.title = "owned"');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const origin = `http://127.0.0.1:${address.port}`;
    try {
      const evil = `"><script>document.title="owned"</script><img src="${origin}/img" onerror="document.title='owned'"><link rel="stylesheet" href="${origin}/css">`;
      const report = await fixture();
      const hostile: Report = {
        ...report,
        bundle: { ...report.bundle, name: evil },
        reasons: [{ kind: 'attempt', message: evil, ref: null }],
        attempts: report.attempts.map((attempt) => ({
          ...attempt,
          remedy: evil,
          class: evil,
          destination: { ...attempt.destination, name: evil },
        })),
      };
      const page = renderHtml(hostile);
      const dom = await dumpDom(page);
      expect(/<title>([^<]*)/.exec(dom)?.[1]).not.to.equal('owned');
      expect(dom).not.to.match(/<(?:script|img|link)\b/);
      expect(asked).to.deep.equal([]);

      // The same, had the escaping failed: the policy alone stops it. And the server does hear a page without a policy.
      await dumpDom(
        page.replace('<main>', `<main><img src="${origin}/leak"><script src="${origin}/leak.js"></script>`),
      );
      expect(asked).to.deep.equal([]);
      await dumpDom(`<img src="${origin}/control">`);
      expect(asked).to.deep.equal(['/control']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('has no external reference at all', async () => {
    const page = renderHtml(await fixture());
    expect(page).not.to.match(/(?:src|href)="(?!#|capture\/|evidence\/)/);
    expect(page).not.to.match(/url\(|@import/);
  });
});
