// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Attempt } from '../../../harness/core/report.ts';
import { containerIdOf, LogBuilder, RUN, uidOf } from './log-builder.ts';

const POD = '10.42.0.5';

interface Asker {
  readonly exe?: string;
  readonly argv?: readonly string[];
  readonly image?: string;
  readonly owner?: { readonly kind: string; readonly name: string };
}

/** A pod whose process asks the cluster DNS for a name. */
function asks(name: string, { exe = '/app/main', argv, image, owner }: Asker = {}): Attempt | undefined {
  const question = { type: 'A', transport: 'udp', id: 7 } as const;
  const from = { address: POD, port: 5000 };
  return new LogBuilder()
    .pod('app', POD, { ...(image === undefined ? {} : { image }), ...(owner === undefined ? {} : { owner }) })
    .task('n:1:0', exe, { container: containerIdOf('app'), ...(argv === undefined ? {} : { argv }) })
    .saw('routes', 5, { protocol: 'udp', address: '10.43.0.10', port: 53 }, { task: 'n:1:0', from })
    .saw('cni', 5, { protocol: 'dns', name, address: '10.43.0.10', port: 53, question }, { from })
    .attempts()[0];
}

/** A pod whose process connects to a bare address. */
function connects(
  protocol: 'tcp' | 'udp' | 'icmp',
  address: string,
  port: number,
  { exe = '/app/main', argv, image }: Asker = {},
): Attempt | undefined {
  return new LogBuilder()
    .pod('app', POD, image === undefined ? {} : { image })
    .task('n:1:0', exe, { container: containerIdOf('app'), ...(argv === undefined ? {} : { argv }) })
    .saw('routes', 5, { protocol, address, port }, { task: 'n:1:0' })
    .attempts()[0];
}

/** containerd asks a registry's host for an image that a pod waits for. */
function pulls(
  image: string,
  { pullPolicy = 'IfNotPresent', kind = 'Deployment', inBundle = [] as readonly string[] } = {},
): Attempt | undefined {
  const images = inBundle.map((reference) => ({
    reference,
    digests: [],
    configDigest: `sha256:${'d'.repeat(64)}`,
    archive: 'images/app.tar',
    bytes: 1,
  }));
  const question = { type: 'A', transport: 'udp', id: 9 } as const;
  const pod = { namespace: 'shop', name: 'app-0', uid: uidOf('app') };
  return new LogBuilder({ bundle: { ...RUN.bundle, images: images as unknown as typeof RUN.bundle.images } })
    .pod('app', POD, { image, pullPolicy, owner: { kind, name: 'app' } })
    .add(4, { type: 'pull', pod, container: 'app', image, outcome: 'pulling', message: '' })
    .task('n:2:0', '/usr/local/bin/containerd')
    .saw(
      'routes',
      5,
      { protocol: 'udp', address: '10.99.0.2', port: 53 },
      { task: 'n:2:0', from: { port: 6000 } },
    )
    .saw(
      'dns',
      5,
      { protocol: 'dns', name: image.split('/')[0] ?? '', address: '10.99.0.2', port: 53, question },
      { from: { address: '10.99.0.1', port: 6000 } },
    )
    .attempts()[0];
}

function told(attempt: Attempt | undefined): string {
  return `${attempt?.class}: ${attempt?.remedy}`;
}

/**
 * The ways in which deployments are known to fail behind a gap, each as what the observers see of it. Modes that no attempt
 * shows (they are found by rules and checks) are not here.
 */
describe('known failure modes', () => {
  it('1 an image that is preloaded, but pullPolicy Always', () => {
    const attempt = pulls('quay.io/v/app:1', { pullPolicy: 'Always', inBundle: ['quay.io/v/app:1'] });
    expect(told(attempt)).to.contain('image-pull: ').and.contain('Set imagePullPolicy: IfNotPresent');
  });
  it('2 the same of a Job that a controller makes', () => {
    const attempt = pulls('quay.io/v/app:1', {
      pullPolicy: 'Always',
      kind: 'Job',
      inBundle: ['quay.io/v/app:1'],
    });
    expect(told(attempt)).to.contain('Set imagePullPolicy: IfNotPresent in Job/app');
  });
  it('4, 5, 6, 14 an image that the bundle lacks: of an operator, an init container, a solver, a component', () => {
    expect(told(pulls('quay.io/v/solver:1'))).to.contain(
      'image-pull: quay.io/v/solver:1 is not in the bundle. Add it',
    );
  });
  it('7 the pause image under another tag: no pod waits for it', () => {
    const question = { type: 'A', transport: 'udp', id: 9 } as const;
    const from = { port: 6000 };
    const [attempt] = new LogBuilder()
      .task('n:2:0', '/usr/local/bin/containerd')
      .saw('routes', 5, { protocol: 'udp', address: '10.99.0.2', port: 53 }, { task: 'n:2:0', from })
      .saw(
        'dns',
        5,
        { protocol: 'dns', name: 'registry.k8s.io', address: '10.99.0.2', port: 53, question },
        { from: { ...from, address: '10.99.0.1' } },
      )
      .attempts();
    expect(told(attempt)).to.contain('image-pull: ').and.contain('sandbox (pause) image');
  });
  it('8 an image that was collected', () => {
    expect(told(pulls('quay.io/v/app:1', { inBundle: ['quay.io/v/app:1'] }))).to.contain(
      'removed by garbage collection',
    );
  });
  it('9 the default endpoint of a registry, after its mirror', () => {
    expect(pulls('registry-1.docker.io/v/app:1')?.class).to.equal('image-pull');
  });
  it('15, 41, 47 helm: repository of a dependency, stable repository', () => {
    expect(asks('charts.helm.sh', { exe: '/usr/bin/helm_v3' })?.class).to.equal('helm-repository');
    expect(asks('charts.vendor.example', { exe: '/usr/bin/helm' })?.class).to.equal('helm-repository');
    expect(asks('ghcr.io', { exe: '/usr/bin/helm' })?.class).to.equal('helm-repository');
    expect(asks('json-schema.org', { exe: '/usr/bin/java' })?.class).to.equal('schema-download');
  });
  it('16 CoreDNS forwards to a public resolver', () => {
    expect(told(connects('udp', '8.8.8.8', 53, { exe: '/coredns' }))).to.contain(
      'dns-server: Take the hard-coded DNS server out',
    );
  });
  it('17 the probe of CoreDNS’s loop plugin is nobody’s wish', () => {
    const question = { type: 'HINFO', transport: 'udp', id: 7 } as const;
    const to = {
      protocol: 'dns',
      name: '4547991504243258144.3688648895315093531',
      address: '10.99.0.2',
      port: 53,
      question,
    } as const;
    expect(new LogBuilder().saw('dns', 5, to).attempts()).to.deep.equal([]);
  });
  for (const [name, exe] of [
    ['archive.ubuntu.com', '/usr/lib/apt/methods/http'],
    ['mirrorlist.centos.org', '/usr/bin/python3.9'],
    ['cdn.redhat.com', '/usr/bin/dnf'],
    ['mirror.vendor.example', '/usr/bin/dnf-3'],
    ['developer.download.nvidia.com', '/usr/bin/curl'],
  ] as const) {
    it(`19 a driver container installs packages from ${name}`, () =>
      expect(asks(name, { exe })?.class).to.equal('os-packages'));
  }
  it('20 default package repositories over IPv6', () => {
    expect(connects('tcp', '2001:db8::19', 80, { exe: '/usr/lib/apt/methods/http' })?.class).to.equal(
      'os-packages',
    );
  });
  it('21 Grafana and its plug-ins', () => {
    expect(told(asks('grafana.com', { exe: '/usr/share/grafana/bin/grafana' }))).to.contain(
      'GF_PLUGINS_PREINSTALL_DISABLED=true',
    );
  });
  for (const [number, name, product, setting] of [
    ['22', 'update.traefik.io', 'Traefik', 'checkNewVersion'],
    ['23', 'longhorn-upgrade-responder.rancher.io', 'Longhorn', 'upgrade-checker'],
    ['24', 'git.rancher.io', 'Rancher', 'CATTLE_SYSTEM_CATALOG'],
    ['24', 'assets.rancher.com', 'Rancher', 'CATTLE_SYSTEM_CATALOG'],
    ['26', 'app.getambassador.io', 'Telepresence', ''],
  ] as const) {
    it(`${number} ${name} is a version check or catalogue, with its product`, () => {
      const attempt = asks(name);
      expect(attempt?.class).to.equal('version-check');
      expect(attempt?.what).to.contain(product);
      expect(attempt?.remedy).to.contain(setting);
    });
  }
  for (const [name, product] of [
    ['stats.grafana.org', 'Grafana'],
    ['telemetry.elastic.co', 'Elastic'],
    ['usage.projectcalico.org', 'Calico'],
    ['o42.ingest.sentry.io', 'Sentry'],
    ['eu.i.posthog.com', 'PostHog'],
    ['apacheairflow.gateway.scarf.sh', 'Scarf'],
  ] as const) {
    it(`25 ${name} is telemetry of ${product}`, () => {
      expect([asks(name)?.class, asks(name)?.what?.includes(product)]).to.deep.equal(['telemetry', true]);
    });
  }
  it('26 a diagnostics tool asks GitHub for its latest release', () => {
    expect(told(asks('api.github.com', { exe: '/usr/bin/java' }))).to.contain('version-check: This is');
  });
  for (const address of ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200']) {
    it(`27 ${address} is cloud metadata`, () =>
      expect(told(connects('tcp', address, 80))).to.contain('cloud-metadata: Switch the cloud detection'));
  }
  it('28 a public ACME issuer', () => {
    expect(asks('acme-v02.api.letsencrypt.org')?.class).to.equal('acme');
  });
  it('29 signatures are verified by a public trust root', () => {
    expect(told(asks('tuf-repo-cdn.sigstore.dev', { exe: '/kyverno' }))).to.contain(
      'signature-verification: This is Sigstore’s trust root',
    );
  });
  it('30 a scanner loads its database, from registries too', () => {
    for (const name of ['ghcr.io', 'mirror.gcr.io'])
      expect(asks(name, { exe: '/usr/local/bin/trivy' })?.class).to.equal('scanner-database');
  });
  it('31 a GeoIP database, also from the host it is sent on to', () => {
    const image = 'docker.elastic.co/elasticsearch/elasticsearch:8.15.0';
    expect(asks('geoip.elastic.co')?.class).to.equal('geoip');
    expect(told(asks('storage.googleapis.com', { image, exe: '/usr/bin/java' }))).to.contain(
      'geoip: This is Elastic’s GeoIP database',
    );
    expect(asks('storage.googleapis.com', { exe: '/usr/bin/java' })?.class).to.equal('cloud-api');
  });
  it('32 the discovery of an identity provider', () => {
    for (const name of ['accounts.google.com', 'acme.okta.com', 'keycloak.corp.example'])
      expect(asks(name)?.class).to.equal('oidc');
  });
  it('33 a proxy for what is inside', () => {
    expect(asks('proxy.corp.example')?.class).to.equal('proxy');
    expect(told(connects('tcp', '198.51.100.3', 3128)))
      .to.contain('proxy: ')
      .and.contain('NO_PROXY');
  });
  it('34 the time client asks a public pool', () => {
    expect(asks('2.debian.pool.ntp.org', { exe: '/usr/sbin/chronyd' })?.class).to.equal('ntp');
    expect(connects('udp', '198.51.100.3', 123)?.class).to.equal('ntp');
  });
  it('35 an init container downloads kubectl, clones, installs packages', () => {
    expect(asks('dl.k8s.io', { exe: '/usr/bin/curl' })?.class).to.equal('file-download');
    expect(asks('storage.googleapis.com', { exe: '/usr/bin/wget' })?.class).to.equal('file-download');
    expect(asks('git.vendor.example', { exe: '/usr/lib/git-core/git-remote-https' })?.class).to.equal('git');
    const pip = { exe: '/usr/bin/python3.11', argv: ['python3', '/usr/bin/pip', 'install', 'x'] };
    expect(asks('mirror.vendor.example', pip)?.class).to.equal('pypi');
    const module = { exe: '/usr/bin/python3.11', argv: ['python3', '-m', 'pip', 'install', 'x'] };
    expect(asks('mirror.vendor.example', module)?.class).to.equal('pypi');
    const npm = { exe: '/usr/bin/node', argv: ['npm install left-pad'] };
    expect(asks('mirror.vendor.example', npm)?.class).to.equal('npm');
  });
  it('36 Jenkins loads plug-ins', () => {
    for (const name of ['updates.jenkins.io', 'get.jenkins.io'])
      expect(told(asks(name))).to.contain('plugin-download: This is Jenkins plug-ins.');
  });
  it('37 Falco loads rules and drivers', () => {
    for (const name of ['falcosecurity.github.io', 'download.falco.org'])
      expect(asks(name)?.class).to.equal('rules-download');
    expect(asks('ghcr.io', { exe: '/usr/bin/falcoctl' })?.class).to.equal('rules-download');
  });
  it('38, 42 an application or installer pulls with a client of its own', () => {
    expect(told(asks('ghcr.io', { exe: '/usr/local/bin/pilot-agent' }))).to.contain(
      'artifact-pull: This is a public registry. Deployment/app (container app) in namespace shop fetches this with a client of its own',
    );
    expect(asks('index.docker.io', { exe: '/usr/bin/system-agent-installer' })?.class).to.equal(
      'artifact-pull',
    );
  });
  it('26 the update check of a Node.js program is not its package manager', () => {
    const script = '/srv/js/node_modules/update-notifier/check.js';
    const checks = asks('registry.npmjs.org', {
      exe: '/usr/bin/node',
      argv: ['/usr/bin/node', script, '{}'],
    });
    expect(told(checks)).to.contain('version-check');
    expect(told(checks)).to.contain('NO_UPDATE_NOTIFIER=1');
    const installs = ['node', '/srv/js/node_modules/pnpm/bin/pnpm.cjs', 'add', 'left-pad'];
    expect(asks('registry.npmjs.org', { exe: '/usr/bin/node', argv: installs })?.class).to.equal('npm');
  });
  it('39 an internal name with a search domain of the node', () => {
    expect(asks('db.shop.svc.corp.example')?.class).to.equal('search-domain');
  });
  it('39 a short name with a search domain behind it, but not a name that was wanted as it is', () => {
    const dns = { protocol: 'dns', address: '10.43.0.10', port: 53 } as const;
    const log = new LogBuilder().pod('app', POD);
    for (const [at, name] of [
      [3, 'hooks.shop.svc.cluster.local'],
      [4, 'hooks.cluster.local'],
      [5, 'hooks.corp.example'],
      [6, 'hooks.slack.com.cluster.local'],
      [7, 'hooks.slack.com.corp.example'],
      [8, 'hooks.slack.com'],
      [9, 'redis.vendor.example'],
    ] as const)
      log.saw(
        'cni',
        at,
        { ...dns, name, question: { type: 'A', transport: 'udp', id: at } },
        { from: { address: POD } },
      );
    expect(log.attempts().map((one) => [one.destination.name, one.class])).to.deep.equal([
      ['hooks.corp.example', 'search-domain'],
      ['hooks.slack.com', 'notification'],
      ['hooks.slack.com.corp.example', 'search-domain'],
      ['redis.vendor.example', 'database'],
    ]);
  });
  it('40 certificate status', () => {
    for (const name of ['ocsp.disa.mil', 'crl.vendor.example', 'r3.o.lencr.org'])
      expect(asks(name)?.class).to.equal('ocsp-crl');
  });
  it('45 a helm-install job wants a repository', () => {
    const owner = { kind: 'Job', name: 'helm-install-web' };
    expect(told(asks('mirror.vendor.example', { exe: '/usr/bin/helm', owner }))).to.contain(
      'helm-repository: Pack the chart',
    );
  });
  it('what nothing tells stays unknown, with its raw facts', () => {
    const attempt = asks('q7.vendor.example', { exe: '/app/main', argv: ['/app/main', '--fast'] });
    expect([attempt?.class, attempt?.what, attempt?.classifiedBy]).to.deep.equal([
      'unknown-name',
      null,
      'harness',
    ]);
    expect(attempt?.source.process.argv).to.deep.equal(['/app/main', '--fast']);
    expect(connects('tcp', '198.51.100.3', 31_337)?.class).to.equal('unknown-address');
  });
});

describe('rows of gate.yaml', () => {
  const judged = (match: object, rest: object): Attempt | undefined =>
    new LogBuilder({
      gate: { ...RUN.gate, classes: [{ match, class: 'telemetry', ...rest }] },
    })
      .pod('app', POD)
      .task('n:1:0', '/opt/acme/agentd', { container: containerIdOf('app') })
      .saw('routes', 5, { protocol: 'tcp', address: '198.51.100.7', port: 443 }, { task: 'n:1:0' })
      .attempts()[0];

  it('come before the table, and the report says whose they are', () => {
    const attempt = judged(
      { destination: '198.51.*', program: 'agentd', port: 443 },
      { what: 'AcmeDB’s usage statistics', remedy: 'Set `usage: off`.' },
    );
    expect([attempt?.class, attempt?.classifiedBy, attempt?.what, attempt?.remedy]).to.deep.equal([
      'telemetry',
      'gate',
      'AcmeDB’s usage statistics',
      'This is AcmeDB’s usage statistics. Set `usage: off`. Where: Deployment/app (container app) in namespace shop.',
    ]);
  });
  it('without a remedy have that of the class', () => {
    expect(judged({ owner: 'shop/Deployment/*' }, {})?.remedy).to.contain('Switch the usage statistics of');
  });
  for (const match of [
    { destination: '198.51.100.70' },
    { port: 80 },
    { protocol: 'udp' },
    { program: 'agent' },
    { image: 'other/*' },
    { owner: 'StatefulSet/app' },
    { path: '/x' },
    { program: 'agentd', port: 80 },
    {},
  ]) {
    it(`do not take what ${JSON.stringify(match)} does not fit`, () =>
      expect(judged(match, {})).to.deep.include({ class: 'http-by-address', classifiedBy: 'harness' }));
  }
});

describe('names asked of a DNS server outside', () => {
  it('are told with it', () => {
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    const from = { address: POD, port: 77 };
    const log = new LogBuilder().pod('app', POD).task('n:1:0', '/app', { container: containerIdOf('app') });
    log.saw('routes', 5, { protocol: 'udp', address: '8.8.8.8', port: 53 }, { task: 'n:1:0', from });
    for (const name of ['b.vendor.example', 'a.vendor.example', 'b.vendor.example'])
      log.saw('cni', 5, { protocol: 'dns', name, address: '8.8.8.8', port: 53, question }, { from });
    const attempts = log.attempts();
    expect(attempts).to.have.length(1);
    expect(attempts[0]).to.deep.include({
      class: 'dns-server',
      asked: ['a.vendor.example', 'b.vendor.example'],
      askedCount: 2,
    });
  });
});
