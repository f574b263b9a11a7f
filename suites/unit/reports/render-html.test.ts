// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { fileLink } from '../../../reports/html/parts.ts';
import { html } from '../../../reports/html/html.ts';
import { renderHtml } from '../../../reports/html/render-html.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';
import { LogBuilder } from '../verdict/log-builder.ts';
import { hostileReport } from './hostile-report.ts';

describe('markup by template', () => {
  it('escapes every value, in text and in attributes', () => {
    const evil = `"><script>alert('x')</script>&`;
    expect(String(html`<a title="${evil}">${evil}</a>`)).to.equal(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</a>',
    );
  });

  it('keeps markup, joins lists, and leaves out null', () => {
    expect(String(html`<ul>${[html`<li>1</li>`, '<', null, 2]}</ul>${null}`)).to.equal(
      '<ul><li>1</li>&lt;2</ul>',
    );
  });

  it('shows characters that are invisible or turn the direction of reading', () => {
    expect(String(html`${'a\u202eb\u0000c\td'}`)).to.equal('a\ufffdb\ufffdc\td');
  });
});

describe('links to evidence', () => {
  it('lead to files beside the report and nowhere else', () => {
    expect(String(fileLink('capture/cni.pcap'))).to.equal(
      '<a class="mono" href="./capture/cni.pcap">capture/cni.pcap</a>',
    );
    for (const path of [
      'javascript:alert(1)',
      '//198.51.100.1/x',
      '../../etc/passwd',
      '/etc/passwd',
      'http://x.example',
      'a b',
      '',
    ])
      expect(String(fileLink(path)), path).to.not.contain('href');
  });
});

describe('report.html', () => {
  const page = renderHtml(frozenReport());

  it('allows nothing but its own style and script, by hash', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (tag: string): string => {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? '';
      return createHash('sha256').update(text).digest('base64');
    };
    expect(policy.replaceAll('&#39;', "'")).to.equal(
      `default-src 'none'; style-src 'sha256-${hash('style')}'; script-src 'sha256-${hash('script')}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page.indexOf('Content-Security-Policy')).to.be.below(page.indexOf('<style>'));
  });

  it('refers to nothing outside: every address is an anchor or a file of the run', () => {
    const addresses = [...page.matchAll(/\b(?:src|href|action|data|poster|srcset)="([^"]*)"/g)].map(
      ([, address]) => address ?? '',
    );
    expect(addresses.filter((address) => !/^(?:#|\.\/(?:capture|evidence)\/)/.test(address))).to.deep.equal(
      [],
    );
    expect(page).to.not.match(/url\(|@import|<link|<iframe|<object/);
  });

  it('has an element for each anchor, and each id once', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    const anchors = [...page.matchAll(/href="#([^"]*)"/g)].map(([, anchor]) => anchor);
    expect(anchors.filter((anchor) => !ids.includes(anchor))).to.deep.equal([]);
  });

  it('carries the report as data', () => {
    const data =
      /<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
    expect(JSON.parse(data)).to.deep.equal(frozenReport());
    expect(data).to.not.contain('<');
  });

  it('makes no element of any text that a bundle or a log brought', () => {
    const tags = (markup: string): string[] =>
      [...new Set([...markup.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag ?? ''))].toSorted();
    const hostile = renderHtml(hostileReport());
    expect(tags(hostile).filter((tag) => !tags(page).includes(tag))).to.deep.equal([]);
    expect(hostile.match(/<script/g)).to.have.length(2);
    expect(hostile).to.not.match(/<[^>]* on[a-z]+=/);
  });

  it('tells the verdict in words, whichever it is', () => {
    for (const [report, words] of [
      [new LogBuilder().complete().report(), 'READY'],
      [frozenReport(), 'NOT READY'],
      [new LogBuilder().report(), 'INCONCLUSIVE'],
    ] as const)
      expect(renderHtml(report)).to.contain(`<h1>${words}</h1>`);
  });

  it('says at the top what a fault says, and its log below', () => {
    const message = 'k3s server ended: no such setting; the end of its log:\n    one <line>\n    another';
    const faulty = renderHtml(
      new LogBuilder().add(1, { type: 'fault', source: 'provision', message }).report(),
    );
    const head = faulty.slice(faulty.indexOf('<header'), faulty.indexOf('</header>'));
    expect(head).to.contain('no such setting').and.not.contain('another');
    expect(faulty).to.contain('no such setting<div class="log">one &lt;line&gt;\nanother</div>');
  });

  it('says at the top that the K3s is unverified, and why below', () => {
    const report = frozenReport();
    const { environment } = report;
    const { distribution } = environment;
    const withContract = (contract: 'passed' | 'unverified'): string =>
      renderHtml({
        ...report,
        environment: {
          ...environment,
          distribution: { ...distribution, contract, contractNote: 'the reason & more' },
        },
      });
    const head = (text: string): string => text.slice(text.indexOf('<header'), text.indexOf('</header>'));
    expect(head(withContract('unverified'))).to.contain('<b class="warn">unverified</b>');
    expect(withContract('unverified')).to.contain('unverified: the reason &amp; more');
    expect(head(withContract('passed'))).to.not.contain('unverified');
    expect(withContract('passed')).to.contain('passed: the reason &amp; more');
    const log = new LogBuilder().complete();
    const kubernetes = { name: 'k3s', version: 'v1', standIn: false, from: 'bundle (k3s)' };
    const unverified = { ...kubernetes, contract: 'unverified', contractNote: 'never passed' } as const;
    const ready = renderHtml(log.add(80, { type: 'distribution', distribution: unverified }).report());
    expect(head(ready)).to.contain('as far as this run, on an unverified K3s, can show');
    expect(renderHtml(report)).to.contain('<dt>K3s contract suite</dt><dd>not said</dd>');
  });

  it('draws a phase as often as it was entered, and each attempt once', () => {
    const chart = /<svg[^>]*role="img"[\s\S]*?<\/svg>/.exec(page)?.[0] ?? '';
    expect(chart.match(/<rect class="bar"/g)).to.have.length(
      frozenReport().phases.reduce((sum, { spans }) => sum + spans.length, 0),
    );
    expect(chart.match(/<line class="leak"/g)).to.have.length(12);
    expect(chart.match(/<line class="accepted"/g)).to.have.length(1);
  });
});
