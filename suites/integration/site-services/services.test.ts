// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { Bundle } from '../../../harness/core/bundle.ts';
import { HELM } from '../../../harness/core/chart.ts';
import type { EventBody } from '../../../harness/core/events.ts';
import type { Gate } from '../../../harness/core/gate.ts';
import type { RunningNode } from '../../../harness/core/node.ts';
import { hostRunner } from '../../../harness/core/runner.ts';
import { startClock } from '../../../harness/core/clock.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { readGate } from '../../../harness/gate/read-gate.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { planServices, planZone } from '../../../harness/plan/plan-services.ts';
import { makeProvider } from '../../../harness/providers/make-provider.ts';
import { openSession } from '../../../harness/providers/session.ts';
import { clockCheck } from '../../../harness/checks/site-clock.ts';
import { type RunningSite, startSite } from '../../../harness/site/services/start-site.ts';
import { trustAuthority } from '../../../harness/site/trust.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { CHART } from '../../support/empty-chart.ts';
import { packedChart } from '../../support/packed-chart.ts';
import { leftovers } from '../support/airgap.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

interface Place extends AsyncDisposable {
  readonly node: RunningNode;
  readonly gap: Gap;
  readonly gate: Gate;
  readonly site: RunningSite;
  readonly events: EventBody[];
  /** Text of a service's log. */
  readonly said: (service: string) => Promise<string>;
  readonly sh: (script: string) => Promise<string>;
}

/** A node without Kubernetes, and the services of a gate. */
async function place(services: string, trust = true, bundle: Bundle = EMPTY_BUNDLE): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-services-')));
  await mkdir(join(dir.path, 'files'));
  await writeFile(join(dir.path, 'files/hello.txt'), 'hello from the site\n');
  await mkdir(join(dir.path, 'charts'));
  await writeFile(
    join(dir.path, 'charts/agent-1.2.3.tgz'),
    packedChart('agent', { 'values.yaml': 'of: the-owner\n' }),
  );
  await writeFile(join(dir.path, 'files/index.yaml'), 'apiVersion: v1\nentries: {}\n');
  const file = join(dir.path, 'gate.yaml');
  await writeFile(file, `apiVersion: airgap.dev/v1\nkind: Gate\nsite:\n${services}`);
  const gate = await readGate(file);
  const assets = await readAssets(REPO_ROOT);
  const planned = planServices(gate);
  const events: EventBody[] = [];
  const log = { append: (event: EventBody) => void events.push(event) };
  const outDir = join(dir.path, 'run');
  const session = stack.use(await openSession({ outDir }));
  const plan = planNoRoute(undefined, planned);
  const gap = stack.use(await openGap(session, plan));
  const site = stack.use(
    await startSite({
      session,
      services: planned,
      netns: gap.netns.services,
      gate,
      bundle,
      assets,
      outDir,
      log,
    }),
  );
  const prepared = stack.use(
    await makeProvider('netns', assets).prepare(session, {
      name: 'n1',
      image: assets.nodeImage,
      link: gap.link,
      resolver: '10.99.0.2',
      memoryMiB: 512,
      pids: 512,
      binds: [{ from: assets.helm, to: HELM.binary }],
    }),
  );
  stack.use(
    await startDns({
      vantage: gap.vantage,
      clock: startClock(),
      log,
      node: 'n1',
      outDir,
      inside: { node: [], pods: [], services: [], resolvers: [], clusterDomain: 'cluster.local' },
      netns: gap.netns.sink,
      addresses: ['10.99.0.2', 'fd99::2'],
      zone: planZone(gate, planned, '10.99.0.1'),
    }),
  );
  const node = stack.use(await prepared.boot());
  if (trust && site.trusted !== null) await trustAuthority(node, site.trusted);
  const all = stack.move();
  return {
    node,
    gap,
    gate,
    site,
    events,
    said: async (service) => await readFile(join(outDir, 'site', `${service}.log`), 'utf8'),
    async sh(script) {
      const { stdout, stderr, exitCode } = await node.exec(['bash', '-c', script], { timeoutMs: 20_000 });
      return exitCode === 0 ? stdout.trim() : `exit ${exitCode}: ${(stderr + stdout).trim()}`;
    },
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

const probe = (kind: string, what: string): string => `/run/airgap/airgap-node probe ${kind} ${what} --ok`;

describe('the services of a site', function services() {
  this.timeout(120_000);
  before(function () {
    needs(this, 'root', 'netns', 'k3s');
  });

  it('are reached by name from the node and nothing else is; each records who used it; nothing is left', async () => {
    const before = await leftovers();
    {
      await using here = await place(`  services:
    charts: { host: charts.site.example, folder: files, tls: true }
    files: { host: files.site.example, folder: files, port: 8080 }
    zone: { shop.site.example: node, assets.site.example: files }
  internal:
    - { name: ldap, hosts: ["*.corp.example"], ports: [389, 636], serve: { tcp: true } }
    - name: api
      hosts: [api.site.example]
      ports: [443]
      serve: { http: { tls: true, answers: [{ path: /health, body: fine, status: 203 }] } }
    - name: own
      hosts: [own.site.example]
      ports: [7000]
      serve: { program: { run: [bash, -c, 'exec python3 -m http.server --bind "$AIRGAP_SITE_ADDRESS" "$AIRGAP_SITE_PORTS"'], folder: files } }
`);
      await verifyGap(here.node, here.gap);
      const answers = await here.sh(
        [
          probe('http', 'https://charts.site.example/index.yaml'),
          probe('http', 'http://files.site.example:8080/hello.txt'),
          probe('http', 'http://assets.site.example:8080/hello.txt'),
          probe('http', 'http://files.site.example:8080/../gate.yaml'),
          probe('tcp', 'ldap.corp.example:636'),
          probe('tcp', 'ldap.corp.example:637'),
          probe('http', 'https://api.site.example/health'),
          probe('http', 'https://api.site.example/other'),
          probe('http', 'http://own.site.example:7000/hello.txt'),
          probe('dns', 'shop.site.example'),
          probe('dns', 'unknown.site.example'),
          probe('tcp', '192.0.2.1:80'),
        ].join('; '),
      );
      const seen = answers
        .split('\n')
        .map((line) => JSON.parse(line) as { status?: number; ok: boolean; addresses?: string[] })
        .map(({ status, ok, addresses }) => addresses?.join(' ') ?? status ?? ok);
      expect(seen).to.deep.equal([200, 200, 200, 404, true, false, 203, 404, 200, '10.99.0.1', false, false]);
      expect(await here.said('files')).to.contain(
        '"client":"10.99.0.1","method":"GET","url":"/hello.txt","status":200',
      );
      expect(await here.said('internal-1')).to.contain('"client":"10.99.0.1","port":636');
      expect(here.events.filter(({ type }) => type === 'fault')).to.deep.equal([]);
      // Nothing of a service listens outside its namespace.
      const { stdout } = await hostRunner.run(['ss', '-Hltn']);
      expect(stdout).not.to.match(/10\.99\.0\.|:(?:389|636|7000|8080)\b/);
    }
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('a node that is not given the authority does not trust them: the error is about the certificate', async () => {
    await using here = await place(`  services:
    ca: { nodes: false }
    charts: { host: charts.site.example, folder: files, tls: true }
`);
    expect([here.site.trusted, here.site.nodeFiles]).to.deep.equal([null, []]);
    const answer = await here.sh(probe('http', 'https://charts.site.example/index.yaml'));
    expect(answer).to.match(/certificate signed by unknown authority/);
  });

  it('the site’s authority can be the owner’s own', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-ca-'));
    await hostRunner.run(
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj'
        .split(' ')
        .concat('/CN=Corp Root'),
      { cwd: dir.path },
    );
    await using here = await place(`  services:
    ca: { certificate: ${dir.path}/ca.crt, key: ${dir.path}/ca.key }
    files: { host: files.site.example, folder: files, tls: true }
`);
    expect(here.site.trusted).to.equal(await readFile(join(dir.path, 'ca.crt'), 'utf8'));
    const answer = await here.sh(probe('http', 'https://files.site.example/hello.txt'));
    expect(answer).to.contain('"status":200');
  });

  for (const [skew, result, message] of [
    [0, 'pass', /0\.\d+ s (?:behind|ahead of) ntp\.site\.example$/],
    [300, 'fail', /(?:300\.0|299\.9)\d+ s behind ntp\.site\.example; at most 1 s is borne/],
  ] as const) {
    it(`a time server that is wrong by ${skew} s: the node’s clock is compared with it`, async () => {
      await using here = await place(`  services:\n    ntp: { host: ntp.site.example, skew: ${skew} }\n`);
      const [ntp] = planServices(here.gate);
      if (ntp === undefined) throw new Error('no time server');
      const context = { cluster: { node: here.node } } as Parameters<ReturnType<typeof clockCheck>['run']>[0];
      const answer = await clockCheck(ntp).run(context);
      expect([answer.result, answer.message]).to.satisfy(
        ([is, text]: [string, string]) => is === result && message.test(text),
        JSON.stringify(answer),
      );
    });
  }

  it('charts are pulled from the registry as OCI artifacts: the bundle’s and the owner’s, and no other', async function oci() {
    needs(this, 'registry');
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-oci-'));
    const path = join(dir.path, 'web-1.2.3.tgz');
    await writeFile(path, packedChart('web', { 'values.yaml': 'of: the-bundle\n' }));
    const bundle = {
      ...EMPTY_BUNDLE,
      staticCharts: [{ ...CHART, file: 'web-1.2.3.tgz', path, installAs: 'web.tgz' }],
    };
    await using here = await place(
      `  services:
    registry: { host: registry.site.example, user: robot, password: s3cret, charts: { project: team/charts, folder: charts } }
`,
      true,
      bundle,
    );
    const helm = async (command: string): Promise<string> => await here.sh(`HOME=/root helm ${command} 2>&1`);
    const at = 'oci://registry.site.example/team/charts';
    const stranger = await helm(`show values ${at}/web --version 1.2.3`);
    expect(stranger, stranger).to.match(/^exit 1: .*basic credential not found/);
    await helm('registry login registry.site.example --username robot --password s3cret');
    const pulled = await helm(`pull ${at}/web --version 1.2.3 --untar --untardir /run/pulled`);
    expect(pulled, pulled).to.contain('Pulled: registry.site.example/team/charts/web:1.2.3');
    expect(await here.sh('cat /run/pulled/web/values.yaml')).to.equal('of: the-bundle');
    expect(await helm(`show values ${at}/agent`)).to.contain('of: the-owner'); // the newest of its tags
    const other = await helm(`pull ${at}/other --version 1.2.3`);
    expect(other, other).to.match(/^exit 1: .*not found/);
    expect(await here.said('registry')).to.contain('/v2/team/charts/web/manifests/1.2.3');
  });

  it('a program that does not listen ends the run before it begins, with what it said', async () => {
    const error = await place(`  internal:
    - name: own
      hosts: [own.site.example]
      ports: [7000]
      serve: { program: { run: [sh, -c, 'echo no licence >&2; exit 3'] } }
`).then(
      () => 'started',
      (problem: unknown) => String(problem),
    );
    expect(error).to.match(
      /service "internal-1" of the site \(own.site.example\) does not answer on port 7000: no licence/,
    );
  });

  it('one that ends on its own is a fault; one that is stopped is none', async () => {
    await using here = await place(`  services:
    files: { host: files.site.example, folder: files }
  internal:
    - name: own
      hosts: [own.site.example]
      ports: [7000]
      serve: { program: { run: [bash, -c, 'timeout 3 python3 -m http.server --bind "$AIRGAP_SITE_ADDRESS" 7000'] } }
`);
    await here.site.stop('files');
    for (let turn = 0; turn < 100 && here.events.length === 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const faults = here.events.map((event) => (event.type === 'fault' ? event.message : event.type));
    expect(faults).to.have.length(1);
    expect(faults[0]).to.match(/service "internal-1" of the site ended on its own \(exit code 124\)/);
    expect(await here.site.stop('none').catch(String)).to.contain('the gate declares no service "none"');
  });
});
