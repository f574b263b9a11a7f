// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAssets } from '../../../harness/core/assets.ts';
import type { Report } from '../../../harness/core/report.ts';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { API, type ShopOptions, STORE, WEB, writeShop } from './shop.ts';

interface Outcome {
  readonly exitCode: number | undefined;
  readonly said: string;
  readonly report: Report;
  /** report.json and events.jsonl as they lie on disk. */
  readonly written: string;
}

/** Runs the command line on a shop; `site` is gate.yaml below `site:`. */
async function run(site: string, options: ShopOptions = {}, args: readonly string[] = []): Promise<Outcome> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-images-'));
  const bundle = join(dir.path, 'shop');
  await writeShop(bundle, await readAssets(REPO_ROOT), options);
  await writeFile(`${bundle}.gate.yaml`, `apiVersion: airgap.dev/v1\nkind: Gate\nsite:\n${site}`);
  const out = join(dir.path, 'run');
  const { exitCode, all } = await airgap(['test', bundle, '--out', out, '--quiet', '2', ...args]);
  if (!existsSync(join(out, 'report.json'))) throw new Error(`exit code ${exitCode}, no report: ${all}`);
  const files = await Promise.all(
    ['report.json', 'events.jsonl', 'report.html'].map(
      async (name) => await readFile(join(out, name), 'utf8').catch(() => ''),
    ),
  );
  return { exitCode, said: all ?? '', report: await readReport(out), written: files.join('\n') };
}

const failed = ({ checks }: Report): Record<string, string> =>
  Object.fromEntries(
    checks
      .filter(({ result }) => result !== 'pass' && result !== 'not-applicable')
      .map(({ id, message }) => [id, message] as const),
  );

const ways = ({ images }: Report): unknown =>
  Object.fromEntries(
    images.map(({ name, way, usedAs, usedBy, again }) => [name, [way, usedAs, usedBy, again]] as const),
  );

const REGISTRY =
  'registry: { host: registry.site.example, user: robot, password: s3cret-of-the-robot, projects: { quay.io: mirror/quay } }';

describe('the three ways of images', function images() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'registry');
  });

  it('by the registry and preloaded: ready, each with its way and had again, and who needs the registry', async () => {
    const before = await leftovers();
    const { exitCode, said, report, written } = await run(
      `  services:
    ca: { configMaps: [shop/site-ca] }
    ${REGISTRY}
  internal:
    - { name: ldap, hosts: [ldap.corp.example], ports: [636], serve: { tcp: true } }
`,
      {
        first: ['probe', 'tcp', 'ldap.corp.example:636', '--ok'],
        checks: [
          {
            id: 'authority-for-pods',
            command: {
              run: ['k3s', 'kubectl', '-n', 'shop', 'get', 'configmap', 'site-ca', '-o', 'yaml'],
              contains: 'BEGIN CERTIFICATE',
            },
          },
        ],
      },
    );
    expect(failed(report), said).to.deep.equal({});
    expect(report.attempts).to.deep.equal([]);
    expect([exitCode, report.verdict], said).to.deep.equal([0, 'ready']);
    expect(ways(report)).to.deep.equal({
      [WEB]: ['registry', [WEB], ['shop/Deployment/web'], 'pulled'],
      [API]: ['registry', [API], ['shop/Deployment/api'], 'pulled'],
      [STORE]: ['preload', [STORE], ['shop/Deployment/store'], 'pinned'],
    });
    const needed = report.siteDependencies.map(({ name, stands, used, users }) => [
      name,
      stands,
      used,
      users,
    ]);
    expect(needed).to.deep.equal([
      ['ldap', 'tcp', true, ['shop/Deployment/web']],
      ['registry', 'registry', true, ['shop/Deployment/api', 'shop/Deployment/web']],
    ]);
    const added = report.environment.addedFiles.find(({ path }) => path.endsWith('/registries.yaml'));
    expect(added?.content)
      .to.contain('mirror/quay/$1')
      .and.to.match(/password: "?\*\*\*/);
    expect(written).not.to.contain('s3cret-of-the-robot');
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('the registry stops in the middle: not ready, and the reason names image and registry', async () => {
    const { exitCode, report } = await run(`  services: { ${REGISTRY} }\n`, {}, [
      '--inject-fault',
      'registry-stopped',
    ]);
    expect([exitCode, report.verdict]).to.deep.equal([1, 'not-ready']);
    expect(failed(report)['re-pull']).to.match(/shop\/Deployment\/(?:web|api).*registry\.site\.example/);
    expect(report.images.filter(({ again }) => again === 'lost').map(({ name }) => name)).to.have.members([
      WEB,
      API,
    ]);
  });

  it('nobody gives the nodes the authority: not ready, and the message names certificate and host', async () => {
    const { report } = await run(`  services:\n    ca: { nodes: false }\n    ${REGISTRY}\n`);
    expect(report.verdict).to.equal('not-ready');
    expect(failed(report)['site-services']).to.match(
      /node n1 does not trust the certificate of registry\.site\.example, signed by the site's authority \(Airgap test site CA\).*unknown authority/,
    );
  });

  it('the bundle needs a registry that the site does not offer: not ready, and the service is named', async () => {
    const { report } = await run('  internal: []\n');
    expect(report.verdict).to.equal('not-ready');
    expect(failed(report)['images-present']).to.match(
      /web:1\.0 \(from registry\.tar\) comes by a registry, and the site offers none: declare site\.services\.registry/,
    );
    expect(report.attempts.map(({ destination }) => destination.name)).to.include('quay.io');
  });

  it('with the bundle’s own registries.yaml, without password, every image by the registry', async () => {
    const { exitCode, said, report } = await run(
      '  services: { registry: { host: hub.corp.example, port: 5000, tls: false, images: all } }\n',
      {
        format: { format: 'docker-archive', compression: 'zstd' },
        registries: `mirrors:
  quay.io: { endpoint: ["http://hub.corp.example:5000"] }
  docker.io: { endpoint: ["http://hub.corp.example:5000"] }
  registry.site.example: { endpoint: ["http://hub.corp.example:5000"] }
`,
      },
    );
    expect(failed(report), said).to.deep.equal({});
    expect([exitCode, report.verdict], said).to.deep.equal([0, 'ready']);
    expect(report.images.map(({ way, again }) => [way, again])).to.deep.equal([
      ['registry', 'pulled'],
      ['registry', 'pulled'],
      ['registry', 'pulled'],
    ]);
    expect(report.environment.addedFiles.map(({ path }) => path)).not.to.include(
      '/etc/rancher/k3s/registries.yaml',
    );
  });

  it('a certificate of another authority than the owner’s: not ready, named with its Secret and issuer', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-pki-'));
    const own = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '300',
    ];
    for (const [name, subject] of [
      ['corp', '/CN=Corp Root'],
      ['web', '/CN=self-made'],
    ] as const) {
      const args = ['-subj', subject, '-addext', 'subjectAltName=DNS:web.corp.example'];
      await execa('openssl', [...own, ...args, '-keyout', `${name}.key`, '-out', `${name}.crt`], {
        cwd: dir.path,
      });
    }
    const read = async (name: string): Promise<string> =>
      (await readFile(join(dir.path, name))).toString('base64');
    const metadata = { namespace: 'shop', name: 'web-tls' };
    const data = { 'tls.crt': await read('web.crt'), 'tls.key': await read('web.key') };
    const { report } = await run(
      `  services:\n    ca: { certificate: ${dir.path}/corp.crt, key: ${dir.path}/corp.key }\n    ${REGISTRY}\n`,
      {
        objects: [{ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data }],
      },
    );
    expect(report.verdict).to.equal('not-ready');
    expect(failed(report)['certificates']).to.match(
      /Secret shop\/web-tls: its certificate does not come from the site’s authority \(CN=Corp Root\) but from CN=self-made/,
    );
  });
});
