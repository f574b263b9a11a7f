// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import type { Report } from '../../harness/core/report.ts';
import { renderHtml } from '../../reports/html/render-html.ts';
import { frozenReport } from '../fixtures/log-v1.ts';
import { needs } from '../integration/support/needs.ts';
import { hostileReport } from '../unit/reports/hostile-report.ts';

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

/** Opens a page as a file in a real browser; gives what the option prints, and a screenshot when it makes one. */
async function open(page: string, option: string): Promise<{ stdout: string; screenshot: Buffer | null }> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-browser-'));
  const path = join(dir.path, 'report.html');
  await writeFile(path, page);
  const picture = join(dir.path, 'page.png');
  const { stdout } = await execa('chromium', [
    ...CHROMIUM,
    `--user-data-dir=${join(dir.path, 'profile')}`,
    option === '--screenshot' ? `--screenshot=${picture}` : option,
    `file://${path}`,
  ]);
  return { stdout, screenshot: option === '--screenshot' ? await readFile(picture) : null };
}

/** The page's elements after it was loaded and its script had run. */
async function dumpDom(page: string): Promise<string> {
  return (await open(page, '--dump-dom')).stdout;
}

function titleOf(dom: string): string | undefined {
  return /<title>([^<]*)/.exec(dom)?.[1];
}

describe('report.html in Chromium', function browser() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'chromium');
  });

  it('shows the verdict, every attempt and every check, and its own script runs under its policy', async () => {
    const report = frozenReport();
    const page = renderHtml(report);
    const dom = await dumpDom(page);
    expect(titleOf(dom)).to.equal('NOT READY: acme-billing 4.2.0');
    for (const { id } of report.attempts) expect(dom).to.contain(`id="attempt-${id}"`);
    for (const { id } of report.checks) expect(dom).to.contain(`id="check-${id}"`);
    // The filter is hidden in the markup; the script shows it.
    expect(page).to.match(/<p class="filter" hidden/);
    expect(dom).to.match(/<p class="filter">/);
  });

  it('can be read without its script: what is hidden without it is the filter alone', async () => {
    const page = renderHtml(frozenReport()).replace(
      /script-src &#39;sha256-[^&]*&#39;/,
      'script-src &#39;none&#39;',
    );
    const hidden = [...(await dumpDom(page)).matchAll(/<(\w+)(?=[^>]*\shidden(?:=""|[\s>]))/g)].map(
      ([, tag]) => tag,
    );
    expect(hidden).to.deep.equal(['p']);
  });

  it('draws something', async () => {
    const { screenshot } = await open(renderHtml(frozenReport()), '--screenshot');
    const blank = await open('<!doctype html><title>blank</title>', '--screenshot');
    expect(screenshot?.length).to.be.above((blank.screenshot?.length ?? 0) * 5);
  });

  it('keeps what a bundle brought as text: no element of it, no script of it', async () => {
    const dom = await dumpDom(renderHtml(hostileReport()));
    expect(titleOf(dom)).to.match(/^NOT READY: /);
    expect(dom.match(/<script/g)).to.have.length(2);
    expect(dom).to.not.match(/<(?:img|link|iframe|object|embed|base|form)\b/);
  });

  it('asks nothing of a server that listens, and would not even if the escaping failed', async () => {
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
      const evil = `"><img src="${origin}/img"><link rel="stylesheet" href="${origin}/css"><script src="${origin}/js"></script>`;
      const hostile: Report = hostileReport(evil);
      await dumpDom(renderHtml(hostile));
      expect(asked).to.deep.equal([]);

      const injected =
        `<main><img src="${origin}/a"><script src="${origin}/b"></script><script>document.title="owned"</script>` +
        `<style>body{background:url(${origin}/c)}</style><link rel="stylesheet" href="${origin}/d">` +
        `<link rel="icon" href="${origin}/e"><iframe src="${origin}/f"></iframe><base href="${origin}/">` +
        `<form action="${origin}/g"><button></button></form><img src="x" onerror="document.title='owned'">`;
      const broken = renderHtml(frozenReport()).replace('<main>', injected);
      expect(titleOf(await dumpDom(broken))).to.equal('NOT READY: acme-billing 4.2.0');
      expect(asked).to.deep.equal([]);

      // The same page without its policy: so the policy was what stopped it, and the server does hear.
      const bare = broken.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
      expect(titleOf(await dumpDom(bare))).to.equal('owned');
      expect(asked).to.include.members(['/a', '/b', '/c', '/d']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
