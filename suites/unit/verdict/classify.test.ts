// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { CLASSES } from '../../../harness/core/attempt-classes.ts';
import { PRODUCTS } from '../../../harness/verdict/classification/products.ts';
import { TABLE } from '../../../harness/verdict/classification/table.ts';
import type { Chart } from '../../../harness/core/chart.ts';
import { CHART } from '../../support/empty-chart.ts';
import { LogBuilder, RUN } from './log-builder.ts';

function classOfName(name: string): string | undefined {
  const question = { type: 'A', transport: 'udp', id: 1 } as const;
  const log = new LogBuilder().saw('dns', 5, {
    protocol: 'dns',
    name,
    address: '10.99.0.2',
    port: 53,
    question,
  });
  return log.attempts()[0]?.class;
}

function classOfPlace(
  protocol: 'tcp' | 'udp' | 'icmp' | 'other',
  address: string,
  port?: number,
  exe = '/bin/x',
): string | undefined {
  const to = {
    protocol,
    address,
    ...(port === undefined ? {} : { port }),
    ...(protocol === 'other' ? { protocolNumber: 132 } : {}),
  };
  return new LogBuilder().task('n:1:0', exe).saw('routes', 5, to, { task: 'n:1:0' }).attempts()[0]?.class;
}

describe('classes', () => {
  for (const [name, className] of [
    ['update.traefik.io', 'version-check'],
    ['longhorn-upgrade-responder.rancher.io', 'version-check'],
    ['grafana.com', 'version-check'],
    ['stats.grafana.org', 'telemetry'],
    ['o1.ingest.sentry.io', 'telemetry'],
    ['deb.debian.org', 'os-packages'],
    ['de.archive.ubuntu.com', 'os-packages'],
    ['files.pythonhosted.org', 'pypi'],
    ['registry.npmjs.org', 'npm'],
    ['raw.githubusercontent.com', 'git'],
    ['acme-v02.api.letsencrypt.org', 'acme'],
    ['ocsp.digicert.com', 'ocsp-crl'],
    ['2.debian.pool.ntp.org', 'ntp'],
    ['charts.jetstack.io', 'helm-repository'],
    ['registry-1.docker.io', 'image-pull'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'image-pull'],
    ['s3.eu-west-1.amazonaws.com', 'cloud-api'],
    ['dns.google', 'doh'],
    ['tuf-repo-cdn.sigstore.dev', 'signature-verification'],
    // before the rows of the distributions, clouds and sources that they would fit, too
    ['popcon.debian.org', 'telemetry'],
    ['openaipublic.blob.core.windows.net', 'model-download'],
    ['current.cvd.clamav.net', 'scanner-database'],
    ['cdn.fwupd.org', 'os-packages'],
    ['4.0.0.updates.spamassassin.org', 'rules-download'],
    ['fishtownanalytics.sinter-collect.com', 'telemetry'],
    ['checkpoint.prisma.io', 'version-check'],
    ['discovery-announce-v4.syncthing.net', 'discovery'],
    ['upgrades.syncthing.net', 'version-check'],
    ['phonehome.vendor.example', 'telemetry'],
    ['config.vendor-telemetry.example', 'telemetry'],
    ['upgrades.vendor.example', 'version-check'],
    ['tracker.vendor.example', 'unknown-name'],
    // asked for by daemons and libraries that were run behind the gap
    ['recursor-4.8.8.security-status.secpoll.powerdns.com', 'version-check'],
    ['lynis-latest-version.cisofy.com', 'version-check'],
    ['security-tracker.debian.org', 'scanner-database'],
    ['westeurope-5.in.applicationinsights.azure.com', 'telemetry'],
    ['usage.influxdata.com', 'telemetry'],
    ['us.app.unleash-hosted.com', 'feature-flags'],
    ['stun.vendor.example', 'public-ip-lookup'],
    ['_pgpkey-https._tcp.vendor.example', 'signature-verification'],
    ['1.0.0.127.zen.spamhaus.org', 'mail'],
    ['settings.sdk.monitor.azure.com', 'telemetry'],
    // gRPC asks for its settings beside the host’s address
    ['_grpc_config.api.honeycomb.io', 'telemetry'],
    ['_grpc_config.q7.vendor.example', 'unknown-name'],
    ['registry.vendor.example', 'artifact-pull'],
    ['get.vendor.example', 'file-download'],
    ['widget.vendor.example', 'unknown-name'],
    ['lifetime.vendor.example', 'unknown-name'],
    ['updates.vendor.example', 'version-check'],
    ['telemetry.vendor.example', 'telemetry'],
    ['schemas.vendor.example', 'unknown-name'],
    ['acme.example.com', 'unknown-name'],
  ] as const) {
    it(`${name} is ${className}`, () => expect(classOfName(name)).to.equal(className));
  }

  for (const [args, className] of [
    [['tcp', '169.254.169.254', 80], 'cloud-metadata'],
    [['udp', '198.51.100.7', 123], 'ntp'],
    [['udp', '198.51.100.7', 514], 'syslog'],
    [['tcp', '8.8.8.8', 443], 'doh'],
    [['tcp', '8.8.8.8', 53], 'dns-server'],
    [['tcp', '198.51.100.7', 443], 'http-by-address'],
    [['tcp', '198.51.100.7', 80, '/usr/lib/apt/methods/http'], 'os-packages'],
    [['tcp', '198.51.100.7', 31337], 'unknown-address'],
    [['icmp', '198.51.100.7'], 'icmp-ping'],
    [['other', '198.51.100.7'], 'raw-frame'],
    [['udp', '239.255.255.250', 1900], 'discovery'],
    [['udp', '198.51.100.7', 4789], 'vpn'],
    [['tcp', '198.51.100.7', 9001, '/usr/sbin/tor'], 'vpn'],
    [['udp', '198.51.100.7', 3478], 'public-ip-lookup'],
    [['udp', '198.51.100.7', 51820], 'vpn'],
  ] as [Parameters<typeof classOfPlace>, string][]) {
    it(`${args.join(' ')} is ${className}`, () => expect(classOfPlace(...args)).to.equal(className));
  }

  it('a root server of the DNS is told as one, and what is asked of it by its name', () => {
    const question = { type: 'DNSKEY', transport: 'udp', id: 1 } as const;
    const log = new LogBuilder()
      .pod('unbound', '10.42.0.5')
      .saw(
        'cni',
        5,
        { protocol: 'dns', name: '', address: '2001:7fd::1', port: 53, question },
        { from: { address: '10.42.0.5' } },
      );
    const [attempt] = log.attempts();
    expect([attempt?.class, attempt?.asked]).to.deep.equal(['dns-server', ['.']]);
    expect(attempt?.remedy).to.include('Let it forward to a server of the site');
  });

  for (const protocolNumber of [4, 41, 47, 50, 51]) {
    it(`IP protocol ${protocolNumber} is a tunnel`, () => {
      const to = { protocol: 'other', protocolNumber, address: '198.51.100.7' } as const;
      expect(new LogBuilder().saw('routes', 5, to).attempts()[0]?.class).to.equal('vpn');
    });
  }

  it('all have a remedy, and every table names only classes that exist', () => {
    const named = TABLE.map((row) => row.class);
    expect(named.filter((name) => !Object.hasOwn(CLASSES, name))).to.deep.equal([]);
    expect(Object.values(CLASSES).filter((remedy) => !remedy.includes('{who}'))).to.deep.equal([]);
  });

  it('and every product are named in docs/classification.md', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../../docs/classification.md'), 'utf8');
    const missing = [
      ...Object.keys(CLASSES).filter((name) => !text.includes(`| \`${name}\` |`)),
      ...PRODUCTS.filter(({ what }) => !text.includes(`| ${what} |`)).map(({ what }) => what),
    ];
    expect(missing).to.deep.equal([]);
  });

  it('give the setting of a known product and the culprit in the remedy', () => {
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    const log = new LogBuilder()
      .pod('traefik', '10.42.0.5', { namespace: 'kube-system' })
      .saw(
        'cni',
        5,
        { protocol: 'dns', name: 'update.traefik.io', address: '10.43.0.10', port: 53, question },
        { from: { address: '10.42.0.5' } },
      );
    expect(log.attempts()[0]?.remedy).to.equal(
      'This is Traefik’s version check. Set `--global.checkNewVersion=false` (chart: `globalArguments: []`). Where: Deployment/traefik (container app) in namespace kube-system.',
    );
  });
});

describe('what helm reached for', () => {
  const SCHEMA = 'https://schemas.vendor.example/k8s.json';
  const chart: Chart = {
    ...CHART,
    remoteSchemas: [SCHEMA],
    dependencies: [
      {
        name: 'db',
        version: '9.x',
        repository: 'https://charts.vendor.example/stable',
        of: 'web',
        vendored: false,
      },
      {
        name: 'log',
        version: '1',
        repository: 'oci://registry.vendor.example/c',
        of: 'web',
        vendored: false,
      },
    ],
  };
  const judged = (name: string, exe = '/usr/local/bin/helm'): string => {
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    const log = new LogBuilder({ bundle: { ...RUN.bundle, charts: [chart] } })
      .task('n:1:0', exe, { argv: ['helm', 'upgrade', '--install', 'web'] })
      .saw(
        'routes',
        5,
        { protocol: 'udp', address: '10.99.0.2', port: 53 },
        { task: 'n:1:0', from: { port: 1111 } },
      )
      .saw(
        'dns',
        5,
        { protocol: 'dns', name, address: '10.99.0.2', port: 53, question },
        { from: { address: '10.99.0.1', port: 1111 } },
      );
    const [found] = log.attempts();
    return `${found?.class}: ${found?.remedy}`;
  };

  it('is told by the chart: repository, OCI registry, schema', () => {
    expect(judged('charts.vendor.example')).to.equal(
      'helm-repository: Chart web (charts/web.tgz) needs chart db 9.x from https://charts.vendor.example/stable, which is not in its charts/. Run `helm dependency build` on the connected side and carry the chart with its charts/ folder.',
    );
    expect(judged('registry.vendor.example')).to.contain(
      'needs chart log 1 from oci://registry.vendor.example/c',
    );
    expect(judged('schemas.vendor.example')).to.equal(
      `schema-download: values.schema.json of chart web-1.2.3 (charts/web.tgz) refers to ${SCHEMA}, which helm fetches at every installation. Put the definitions into the schema itself and refer to them by \`#/$defs/...\`.`,
    );
  });

  it('no other program is, nor a host that no chart names', () => {
    expect(judged('schemas.vendor.example', '/bin/curl')).to.contain('unknown-name: ');
    expect(judged('elsewhere.example')).to.contain('helm-repository: ').and.not.to.contain('Chart web');
  });
});
