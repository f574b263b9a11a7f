// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters, styleText } from 'node:util';
import { expect } from 'chai';
import type { Report } from '../../../harness/core/report.ts';
import { renderTerminal, type TerminalOptions } from '../../../reports/terminal.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';
import { LogBuilder, RUN } from '../verdict/log-builder.ts';
import { hostileReport } from './hostile-report.ts';

const PLAIN: TerminalOptions = { columns: 100, paint: (_, text) => text, folder: 'reports/out/run-1' };

function screen(report: Report, options: Partial<TerminalOptions> = {}): string[] {
  return renderTerminal(report, { ...PLAIN, ...options }).split('\n');
}

describe('the last screen', () => {
  it('says verdict, culprits with destinations, failed checks, the first thing to do, and where the report is', () => {
    expect(screen(frozenReport())).to.deep.equal([
      'NOT READY  acme-billing 4.2.0',
      'k3s-compat v1.36.3-compat (stand-in), netns, no-route, 58.9 s',
      '',
      '12 destinations outside, wanted by 12 culprits:',
      '  leaky/Deployment/missing-image (agent)      images.partner.example (DNS)',
      '  leaky/Deployment/pull-always (banner)       quay.acme.example (DNS)',
      '  leaky/CronJob/yearly-report (report)        reports.acme.example (DNS)',
      '  leaky/DaemonSet/raw-frames (prober)         203.0.113.90:3478/udp',
      '  leaky/Deployment/hard-coded-ipv4 (metrics)  198.51.100.20:8086/tcp',
      '  leaky/Deployment/hard-coded-ipv6 (metrics)  [2001:db8::20]:8086/tcp',
      '  leaky/Deployment/host-ntp (chrony)          2.debian.pool.ntp.org (DNS)',
      '  leaky/Deployment/icmp-ping (watchdog)       203.0.113.10 (icmp)',
      '  leaky/Deployment/init-fetch (fetch-schema)  schemas.acme.example (DNS)',
      '  leaky/Deployment/public-dns (licence)       8.8.8.8:53/udp',
      '  leaky/Deployment/short-lived (beacon)       203.0.113.77:9000/tcp',
      '  leaky/Deployment/version-check (server)     updates.acme.example (DNS)',
      'Every workload is available: 2 of 13 workloads are not available: leaky/Deployment/missing-image (a…',
      'No image was pulled: 2 images were wanted from a registry: images.partner.example/billing/agent:4.2…',
      'All pods come back after deletion: 2 workloads did not come back: leaky/Deployment/missing-image, l…',
      'Required check was skipped: Every Service is reached from a pod and from the node: no Service has r…',
      '',
      'Exceptions: 1 used, 1 unused, 1 expired',
      'First: images.partner.example/billing/agent:4.2 is not in the bundle. Add it, or change',
      '  Deployment/missing-image (container agent) in namespace leaky to an image that is.',
      'Report: reports/out/run-1/report.html',
    ]);
  });

  it('says when it is ready what the run cannot show', () => {
    expect(screen(new LogBuilder().complete().report())).to.deep.equal([
      'READY  shop 1.0',
      'k3s v1.36.3+k3s1, netns, no-route, 1 min 31 s',
      '',
      'No attempt to reach anything outside in 4 phases; 1 of 1 checks passed; all 2 canaries were seen and',
      '  none got out',
      '',
      'What this run cannot show: 5 limits, listed in the report.',
      'Report: reports/out/run-1/report.html',
    ]);
  });

  it('says when an exception is about to expire', () => {
    const gate = {
      ...RUN.gate,
      exceptions: [{ scope: { class: 'ntp' }, reason: 'r', owner: 'o', expires: '2026-03-10' }],
    };
    expect(screen(new LogBuilder({ gate }).complete().report())).to.include(
      'Exceptions: 1 unused; the next expires on 2026-03-10 (9 days left)',
    );
  });

  it('says so when the K3s is unverified', () => {
    const kubernetes = { name: 'k3s', version: 'v1.36.3+k3s1', standIn: false, from: 'bundle (k3s)' };
    const contract = { contract: 'unverified', contractNote: 'never passed' } as const;
    const distribution = { ...kubernetes, ...contract };
    const log = new LogBuilder().complete();
    const [, where] = screen(log.add(80, { type: 'distribution', distribution }).report());
    expect(where).to.equal('k3s v1.36.3+k3s1 (unverified), netns, no-route, 1 min 31 s');
    const standIn = { ...distribution, standIn: true };
    const [, both] = screen(log.add(81, { type: 'distribution', distribution: standIn }).report());
    expect(both).to.contain(' (stand-in, unverified), ');
  });

  it('says of an inconclusive run what broke, and that nothing was proven', () => {
    const report = new LogBuilder()
      .complete()
      .add(91, { type: 'fault', source: 'cni', message: 'tcpdump died' })
      .report();
    expect(screen(report).slice(3)).to.deep.equal([
      'cni: tcpdump died',
      '',
      'First: this run proved nothing for or against the bundle. Mend what is named above (npm run airgap',
      '  -- doctor helps), then run again.',
      'Report: reports/out/run-1/report.html',
    ]);
  });

  it('has at most 25 lines of at most 100 columns, however much there is to say, and still shows both leaks and checks', () => {
    const many = new LogBuilder().complete();
    for (let index = 0; index < 60; index += 1) {
      const exe = `/bin/${'long-program-name-'.repeat(5)}${index}`;
      many
        .task(`n:${index}:0`, exe)
        .saw(
          'routes',
          30,
          { protocol: 'tcp', address: `198.51.100.${index}`, port: 443 },
          { task: `n:${index}:0` },
        )
        .add(30, { type: 'fault', source: 'x', message: `fault ${index} ${'y'.repeat(200)}` });
    }
    for (const report of [many.report(), hostileReport(), frozenReport()]) {
      for (const columns of [40, 80, 100, 250]) {
        const lines = screen(report, { columns });
        expect(lines.length).to.be.at.most(25);
        expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(Math.min(columns, 100));
      }
    }
    const lines = screen(many.report());
    expect(lines).to.have.length(25);
    expect(lines.filter((line) => /more in the report/.test(line))).to.have.length(2);
    expect(lines.join('\n')).to.match(/x: fault 0/);
  });

  it('lets no control character of a bundle reach the terminal', () => {
    expect(screen(hostileReport()).join('')).to.not.match(/[\p{Cc}\p{Cf}]/u);
  });

  it('paints without changing a letter', () => {
    const painted = renderTerminal(frozenReport(), {
      ...PLAIN,
      paint: (style, text) => styleText(style, text, { validateStream: false }),
    });
    expect(painted).to.not.equal(stripVTControlCharacters(painted));
    expect(stripVTControlCharacters(painted)).to.equal(screen(frozenReport()).join('\n'));
  });
});
