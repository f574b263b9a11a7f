// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { openPackedChart } from '../../../harness/bundle/charts/carried-chart.ts';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { type ChartSource, chartYaml, packedChart, packedMembers } from '../../support/packed-chart.ts';
import { BundleFolder, CONFIG_MAP, elf } from './support/bundle-folder.ts';
import { blob, descriptor, layout, sha256, TYPES } from './support/image-parts.ts';
import { dockerSave } from './support/producers.ts';
import { rawTar } from './support/raw-tar.ts';

const HEAD = 'apiVersion: airgap.dev/v1\nkind: Bundle\nname: shop\nversion: 1.0.0\n';
const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const HELM_CONTENT = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const DEPENDS = 'dependencies:\n  - { name: db, version: 9.x, repository: "https://charts.example" }\n';
const TEST_HOOK = 'metadata:\n  annotations:\n    "helm.sh/hook": pre-upgrade, test\n';

/** Chart.yaml and what else there is, below a folder of the bundle. */
function unpacked(folder: string, name: string, files: ChartSource = {}): Record<string, string | Buffer> {
  const all = { 'Chart.yaml': chartYaml(name), ...files };
  return Object.fromEntries(Object.entries(all).map(([path, content]) => [`${folder}/${path}`, content]));
}

/** An OCI image layout with these packed charts. */
function ociCharts(...charts: readonly Buffer[]): ReturnType<typeof layout> {
  const made = charts.map((packed) => {
    const config = blob(HELM_CONFIG, '{"name":"web"}');
    const content = blob(HELM_CONTENT, packed);
    const manifest = blob(
      TYPES.manifest,
      JSON.stringify({ schemaVersion: 2, config: descriptor(config), layers: [descriptor(content)] }),
    );
    return { manifest, blobs: [config, content, manifest] };
  });
  return layout(
    made.map(({ manifest }) => descriptor(manifest)),
    made.flatMap(({ blobs }) => blobs),
  );
}

async function onlyChart(bytes: Buffer): Promise<string> {
  using folder = new BundleFolder({ 'charts/web.tgz': bytes });
  return await folder.refusal();
}

describe('charts of a bundle without bundle.yaml', () => {
  it('are found in charts/, by number, then name, with namespace and values', async () => {
    using folder = new BundleFolder({
      'charts/20-web-1.2.3.tgz': packedChart('web'),
      'charts/web.values.yaml': 'replicas: 2\nservice: { type: LoadBalancer }\n',
      'charts/3-db.tgz': packedChart('postgres'),
      'charts/3-db.values.yml': '',
      ...unpacked('charts/plain', 'other', { 'charts/sub.tgz': packedChart('sub'), 'x.tgz': 'its own' }),
      'charts/monitoring/agent.tgz': packedChart('agent'),
      'charts/monitoring/agent.values.yaml': '# nothing\n',
      ...unpacked('charts/lib', 'lib', { 'Chart.yaml': chartYaml('lib', 'type: library\n') }),
      'charts/README.md': 'not a chart',
    });
    const { charts, items, ignored, helm, format } = await readBundle(folder.path);
    expect(format).to.equal('k3s-airgap-directory');
    expect(
      charts.map(({ release, namespace, file, form }) => [release, namespace, file, form]),
    ).to.deep.equal([
      ['db', 'default', 'charts/3-db.tgz', 'archive'],
      ['web', 'default', 'charts/20-web-1.2.3.tgz', 'archive'],
      ['agent', 'monitoring', 'charts/monitoring/agent.tgz', 'archive'],
      ['plain', 'default', 'charts/plain', 'folder'],
    ]);
    expect(charts.map(({ values }) => values.map(({ file }) => file))).to.deep.equal([
      ['charts/3-db.values.yml'],
      ['charts/web.values.yaml'],
      ['charts/monitoring/agent.values.yaml'],
      [],
    ]);
    const [first] = charts;
    expect(first).to.deep.include({
      name: 'postgres',
      version: '1.2.3',
      appVersion: '4',
      wait: true,
      timeoutSeconds: 300,
      path: join(folder.path, 'charts/3-db.tgz'),
    });
    expect(items.map(({ kind, name, file }) => [kind, name, file])).to.deep.include.members([
      ['chart', 'postgres-1.2.3', 'charts/3-db.tgz'],
      ['chart', 'other-1.2.3', 'charts/plain'],
      ['values', 'web.values.yaml', 'charts/web.values.yaml'],
      ['file', 'README.md', 'charts/README.md'],
    ]);
    expect(items.find(({ file }) => file === 'charts/3-db.tgz')?.digest).to.equal(
      sha256(packedChart('postgres')),
    );
    expect(ignored).to.deep.equal([
      { file: 'charts/lib', reason: 'a library chart is not installed by itself' },
    ]);
    expect(helm).to.equal(null);
  });

  it('are found beside K3s as well: a packed one, a folder, and helm itself', async () => {
    using folder = new BundleFolder({
      'k3s-airgap-images-amd64.tar': dockerSave(),
      'web-1.2.3.tgz': packedChart('web'),
      'web.values.yaml': 'a: 1\n',
      'notes.values.yaml': 'a: 1\n',
      'docs.tgz': packedMembers([{ name: 'docs/a.md', content: 'x' }]),
      ...unpacked('api', 'api'),
    });
    folder.write('helm', elf(), 0o755);
    const { charts, ignored, helm, items } = await readBundle(folder.path);
    expect(charts.map(({ release, values }) => [release, values.length])).to.deep.equal([
      ['api', 0],
      ['web', 1],
    ]);
    expect(ignored).to.deep.equal([
      { file: 'docs.tgz', reason: 'it is not taken for a Helm chart: it has no Chart.yaml' },
    ]);
    expect(helm).to.equal(join(folder.path, 'helm'));
    expect(items.map(({ kind, file }) => [kind, file])).to.deep.include.members([
      ['helm', 'helm'],
      ['file', 'docs.tgz'],
      ['file', 'notes.values.yaml'],
    ]);
  });

  it('a change of any file of a folder changes the digests', async () => {
    using folder = new BundleFolder(unpacked('charts/web', 'web', { 'templates/a.yaml': 'a' }));
    const before = await readBundle(folder.path);
    folder.write('charts/web/templates/a.yaml', 'b');
    const after = await readBundle(folder.path);
    expect(after.items[0]?.digest).not.to.equal(before.items[0]?.digest);
    expect(after.digest).not.to.equal(before.digest);
  });

  it('values without their chart, a namespace that is none, and two of one release are refused', async () => {
    using folder = new BundleFolder({ 'charts/web.tgz': packedChart('web'), 'charts/wbe.values.yaml': '' });
    expect(await folder.refusal()).to.equal(
      'values file "charts/wbe.values.yaml" belongs to no chart | name it after the chart beside it: NAME.values.yaml',
    );
    using other = new BundleFolder({ 'charts/My Apps/web.tgz': packedChart('web') });
    expect(await other.refusal()).to.contain('into namespace "My Apps", which is no name for one');
    using twice = new BundleFolder({
      'charts/1-web.tgz': packedChart('web'),
      'charts/2-web.tgz': packedChart('web'),
    });
    expect(await twice.refusal()).to.contain(
      'charts "charts/1-web.tgz" and "charts/2-web.tgz" would both be release "web" in namespace default',
    );
    using values = new BundleFolder({
      'charts/web.tgz': packedChart('web'),
      'charts/web.values.yaml': '- a\n',
    });
    expect(await values.refusal()).to.equal(
      'BUNDLE/charts/web.values.yaml:1:1: a values file must hold a map',
    );
  });

  it('a folder that is itself a chart is told where to put it', async () => {
    using folder = new BundleFolder({ 'Chart.yaml': chartYaml('web'), 'values.yaml': 'a: 1\n' });
    expect(await folder.refusal()).to.contain('is itself a Helm chart');
  });
});

describe('charts in bundle.yaml', () => {
  it('are read with all that is said of them, in their order', async () => {
    using folder = new BundleFolder({
      'bundle.yaml': `${HEAD}charts:
  - { path: ./web.tgz, release: shop-web, namespace: shop, values: [a.yaml, b.yaml], wait: false, timeout: 1h2m3s }
  - path: db
helm: bin/helm
`,
      'web.tgz': packedChart('web'),
      'a.yaml': 'a: 1\n',
      'b.yaml': 'a: 2\n',
      ...unpacked('db', 'db'),
    });
    folder.write('bin/helm', elf(), 0o755);
    const { charts, helm } = await readBundle(folder.path);
    expect(charts).to.deep.equal([
      {
        name: 'web',
        version: '1.2.3',
        appVersion: '4',
        remoteSchemas: [],
        kinds: [],
        hasTests: false,
        dependencies: [],
        path: join(folder.path, 'web.tgz'),
        release: 'shop-web',
        namespace: 'shop',
        file: 'web.tgz',
        form: 'archive',
        values: ['a.yaml', 'b.yaml'].map((file) => ({ path: join(folder.path, file), file })),
        wait: false,
        timeoutSeconds: 3723,
      },
      {
        name: 'db',
        version: '1.2.3',
        appVersion: '4',
        remoteSchemas: [],
        kinds: [],
        hasTests: false,
        dependencies: [],
        path: join(folder.path, 'db'),
        release: 'db',
        namespace: 'default',
        file: 'db',
        form: 'folder',
        values: [],
        wait: true,
        timeoutSeconds: 300,
      },
    ]);
    expect(helm).to.equal(join(folder.path, 'bin/helm'));
  });

  const wrong: Readonly<Record<string, readonly [string, string]>> = {
    'a path that is not there': [
      '  - path: gone.tgz\n',
      'BUNDLE/bundle.yaml:6:11: path "gone.tgz" cannot be used: no such file or directory',
    ],
    'values that are not there': [
      '  - path: web.tgz\n    values: [gone.yaml]\n',
      'BUNDLE/bundle.yaml:7:14: path "gone.yaml" cannot be used: no such file or directory',
    ],
    'a key that does not exist': [
      '  - path: web.tgz\n    relaese: x\n',
      'BUNDLE/bundle.yaml:7:5: unknown key "relaese" in "charts[0]": did you mean "release"?',
    ],
    'a release that helm refuses': [
      '  - path: web.tgz\n    release: Shop_Web\n',
      'BUNDLE/bundle.yaml:7:14: "charts[0].release" is "Shop_Web", but must be lower-case letters, digits and "-", at most 53 characters',
    ],
    'a time that is none': [
      '  - path: web.tgz\n    timeout: 5 minutes\n',
      'BUNDLE/bundle.yaml:7:14: "charts[0].timeout" is "5 minutes", but must be a time such as 5m or 90s',
    ],
    'a path that leads out': [
      '  - path: ../web.tgz\n',
      `BUNDLE/bundle.yaml:6:11: path "../web.tgz" leads out of the bundle's folder`,
    ],
  };
  for (const [what, [text, message]] of Object.entries(wrong)) {
    it(`is refused with file, line and column: ${what}`, async () => {
      using folder = new BundleFolder({
        'bundle.yaml': `${HEAD}charts:\n${text}`,
        'web.tgz': packedChart('web'),
      });
      expect(await folder.refusal()).to.equal(message);
    });
  }

  it('a library is refused', async () => {
    using folder = new BundleFolder({
      'bundle.yaml': `${HEAD}charts: [{ path: lib.tgz }]\n`,
      'lib.tgz': packedChart('lib', { 'Chart.yaml': chartYaml('lib', 'type: library\n') }),
    });
    expect(await folder.refusal()).to.contain('chart "lib.tgz" is a library');
  });
});

describe('what a chart says of itself', () => {
  const only = async (
    files: ChartSource,
  ): Promise<Awaited<ReturnType<typeof readBundle>>['charts'][number]> => {
    using folder = new BundleFolder({ 'charts/web.tgz': packedChart('web', files) });
    const { charts } = await readBundle(folder.path);
    const [chart] = charts;
    if (chart === undefined) throw new Error('no chart');
    return chart;
  };

  it('dependencies, those of subcharts and of apiVersion v1 too, and which of them it carries', async () => {
    const { dependencies } = await only({
      'Chart.yaml': chartYaml('web', DEPENDS),
      'requirements.yaml': 'dependencies: [{ name: old, version: "1", repository: "@stable" }]\n',
      'charts/db-9.0.0.tgz': packedChart('db', {
        'Chart.yaml': chartYaml(
          'db',
          'dependencies: [{ name: common, version: 2.x.x, repository: "oci://r.example/c" }]\n',
        ),
      }),
      'charts/_off/Chart.yaml': chartYaml('off'),
    });
    expect(dependencies).to.deep.equal([
      { name: 'db', version: '9.x', repository: 'https://charts.example', of: 'web', vendored: true },
      { name: 'old', version: '1', repository: '@stable', of: 'web', vendored: false },
      { name: 'common', version: '2.x.x', repository: 'oci://r.example/c', of: 'web > db', vendored: false },
    ]);
  });

  it('schemas of other hosts, also of a subchart in a folder; not its own, not the drafts', async () => {
    const { remoteSchemas } = await only({
      'values.schema.json': JSON.stringify({
        $schema: 'http://json-schema.org/draft-07/schema#',
        properties: {
          a: { $ref: '#/$defs/x' },
          b: { items: [{ $ref: 'https://schemas.example/k8s.json#/definitions/Pod' }] },
          c: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
        },
      }),
      'charts/db/Chart.yaml': chartYaml('db'),
      'charts/db/values.schema.json': '{"$ref":"http://other.example/s.json"}',
    });
    expect(remoteSchemas).to.deep.equal(['https://schemas.example/k8s.json', 'http://other.example/s.json']);
  });

  it('kinds of its templates, of subcharts too, and whether a load balancer is spoken of', async () => {
    const { kinds } = await only({
      'values.yaml': 'service:\n  type: LoadBalancer\n',
      'templates/a.yaml': 'apiVersion: v1\nkind: Service\n---\nkind: "Ingress"\n',
      'templates/b.yaml': '{{- if .Values.x }}\n  volumeClaimTemplates:\n    - metadata: {}\n{{ end }}',
      'charts/db.tgz': packedChart('db', { 'templates/a.yaml': 'kind: StatefulSet\n' }),
    });
    expect(kinds).to.deep.equal([
      'Ingress',
      'LoadBalancer',
      'PersistentVolumeClaim',
      'Service',
      'StatefulSet',
    ]);
    expect((await only({ 'values.yaml': '# ClusterIP or LoadBalancer\na: 1\n' })).kinds).to.deep.equal([]);
  });

  it('tests, also of a subchart', async () => {
    expect((await only({ 'templates/tests/a.yaml': TEST_HOOK })).hasTests).to.equal(true);
    expect(
      (await only({ 'templates/a.yaml': TEST_HOOK.replace('pre-upgrade, test', 'pre-install') })).hasTests,
    ).to.equal(false);
    const sub = packedChart('db', { 'templates/t.yaml': "helm.sh/hook: 'test-success'" });
    expect((await only({ 'charts/db.tgz': sub })).hasTests).to.equal(true);
  });
});

describe('a chart as an OCI artifact', () => {
  const packed = packedChart('web');

  it('is read from an image layout in a tar, plain or zstd, and in a folder', async () => {
    const members = ociCharts(packed);
    using folder = new BundleFolder({
      'charts/1-a.tar': rawTar(members),
      'charts/2-b.tar': zstdCompressSync(rawTar(members)),
    });
    for (const { name, content } of members) folder.write(`charts/3-c/${name}`, content ?? '');
    const { charts } = await readBundle(folder.path);
    expect(charts.map(({ release, form, name }) => [release, form, name])).to.deep.equal([
      ['a', 'oci-layout', 'web'],
      ['b', 'oci-layout', 'web'],
      ['c', 'oci-layout', 'web'],
    ]);
    for (const chart of charts) expect(await openPackedChart(folder.path, chart)).to.deep.equal(packed);
  });

  it('is refused when there is none in it, two, or it was changed', async () => {
    const refusal = async (bytes: Buffer): Promise<string> => {
      using folder = new BundleFolder({ 'charts/a.tar': bytes });
      return await folder.refusal();
    };
    expect(await refusal(dockerSave())).to.contain('"oci-layout" is missing from it');
    expect(await refusal(rawTar(ociCharts(packed, packedChart('db'))))).to.contain('there are 2 charts');
    const changed = ociCharts(packed).map((member) =>
      member.content === packed ? { ...member, content: packedChart('bad') } : member,
    );
    expect(await refusal(rawTar(changed))).to.match(/has the digest sha256:[0-9a-f]{64} and \d+ bytes/);
  });
});

describe('a hostile or broken chart is refused', () => {
  const yaml = { name: 'web/Chart.yaml', content: chartYaml('web') };
  const cases: Readonly<Record<string, readonly [Buffer, string]>> = {
    'a name that leads out': [
      packedMembers([yaml, { name: '../../etc/passwd' }]),
      '"../../etc/passwd" leads out of the chart',
    ],
    'a name that leads out by a detour': [
      packedMembers([{ name: 'web/../../x' }]),
      '"web/../../x" leads out',
    ],
    'an absolute name': [packedMembers([{ name: '/etc/passwd' }]), '"/etc/passwd" leads out'],
    'a symlink': [
      packedMembers([yaml, { name: 'web/x', flag: '2', linkName: '/etc/passwd' }]),
      '"web/x" is a symlink',
    ],
    'a device': [packedMembers([yaml, { name: 'web/x', flag: '3' }]), 'is a character device'],
    'a file outside its folder': [
      packedMembers([{ name: 'Chart.yaml', content: chartYaml('web') }]),
      "does not lie in the chart's folder",
    ],
    'a file twice': [packedMembers([yaml, yaml]), '"web/Chart.yaml" is in it twice'],
    'no Chart.yaml': [packedMembers([{ name: 'web/values.yaml' }]), 'it has no Chart.yaml'],
    'a Chart.yaml without a name': [
      packedChart('web', { 'Chart.yaml': 'apiVersion: v2\nversion: 1.0.0\n' }),
      'Chart.yaml:1:1: "name"',
    ],
    'a name with a path in it': [
      packedChart('web', { 'Chart.yaml': 'name: ../x\nversion: 1.0.0\n' }),
      'Chart.yaml:1:7: "name"',
    ],
    'a Chart.yaml that is no YAML': [
      packedChart('web', { 'Chart.yaml': 'a: [\n' }),
      'Chart.yaml:2:1: not valid YAML',
    ],
    'aliases that multiply': [
      packedChart('web', {
        'Chart.yaml': `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]\n`).join('')}`,
      }),
      'not usable YAML',
    ],
    'more than helm unpacks': [
      packedChart('web', { 'files/zeros': Buffer.alloc(101 * 2 ** 20) }),
      'unpacks to more than 100 MiB',
    ],
    'something that is no chart': [
      Buffer.from('hello, I am a chart'),
      'it is not compressed with gzip, as a packed chart is',
    ],
    'one that is cut off': [packedChart('web').subarray(0, 80), 'cut off'],
    'an empty file': [Buffer.alloc(0), 'it is empty'],
    'a broken subchart': [
      packedChart('web', { 'charts/db.tgz': 'x' }),
      'its subchart "db.tgz": it is not compressed with gzip',
    ],
  };
  for (const [what, [bytes, message]] of Object.entries(cases)) {
    it(what, async () => expect(await onlyChart(bytes)).to.contain(message));
  }

  it('charts in charts without end', async () => {
    let bytes = packedChart('web');
    for (let depth = 0; depth < 10; depth += 1) bytes = packedChart('web', { 'charts/web.tgz': bytes });
    expect(await onlyChart(bytes)).to.contain('nested more than 8 deep');
  });

  it('a folder with a link that leads out', async () => {
    using folder = new BundleFolder({ 'charts/web/Chart.yaml': chartYaml('web') });
    mkdirSync(join(folder.path, 'charts/web/templates'));
    symlinkSync('/etc/passwd', join(folder.path, 'charts/web/templates/a.yaml'));
    expect(await folder.refusal()).to.contain('holds something that cannot be carried');
  });
});

describe('charts that K3s serves', () => {
  it('keep their place below server/static/charts, are read, and are items', async () => {
    using folder = new BundleFolder({
      'server/manifests/a.yaml': CONFIG_MAP,
      'server/static/charts/sub/web.tgz': packedChart('web', { 'Chart.yaml': chartYaml('web', DEPENDS) }),
    });
    const { staticCharts, charts, items } = await readBundle(folder.path);
    expect(charts).to.deep.equal([]);
    expect(
      staticCharts.map(({ name, installAs, dependencies }) => [name, installAs, dependencies.length]),
    ).to.deep.equal([['web', 'sub/web.tgz', 1]]);
    expect(items.map(({ kind, name }) => [kind, name])).to.deep.include(['chart', 'web-1.2.3']);
    using broken = new BundleFolder({
      'server/manifests/a.yaml': CONFIG_MAP,
      'server/static/charts/web.tgz': 'x',
    });
    expect(await broken.refusal()).to.contain('chart "server/static/charts/web.tgz" cannot be used');
  });

  it('are named in bundle.yaml under kubernetes', async () => {
    using folder = new BundleFolder({
      'bundle.yaml': `${HEAD}kubernetes: { distribution: k3s, charts: [c/web.tgz] }\n`,
      'c/web.tgz': packedChart('web'),
    });
    expect((await readBundle(folder.path)).staticCharts.map(({ installAs }) => installAs)).to.deep.equal([
      'web.tgz',
    ]);
  });
});

describe('charts that HelmChart objects carry', () => {
  const helmChart = (chartContent: string): string =>
    `${CONFIG_MAP}---\n${JSON.stringify({
      apiVersion: 'helm.cattle.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'web', namespace: 'kube-system' },
      spec: { chartContent },
    })}\n`;
  const content = packedChart('front', { 'Chart.yaml': chartYaml('front', DEPENDS) }).toString('base64');

  it('are read, and belong to their object', async () => {
    using folder = new BundleFolder({ 'manifests/a.yaml': helmChart(content) });
    const { inlineCharts } = await readBundle(folder.path);
    expect(inlineCharts.map(({ name, of, dependencies }) => [name, of, dependencies.length])).to.deep.equal([
      ['front', { name: 'web', namespace: 'kube-system' }, 1],
    ]);
    expect(inlineCharts[0]?.file).to.match(/^manifests\/a\.yaml:\d+$/);
  });

  it('are refused with file and line when they are none', async () => {
    for (const [wrong, why] of [
      ['{{ not base64 }}', 'it is not base64'],
      ['AAAA', 'not compressed with gzip'],
    ] as const) {
      using folder = new BundleFolder({ 'manifests/a.yaml': helmChart(wrong) });
      expect(await folder.refusal())
        .to.match(/manifests\/a\.yaml:\d+: spec\.chartContent of HelmChart "web" cannot be used/)
        .and.to.contain(why);
    }
  });
});

describe('manifests beside charts', () => {
  it('stay what they are', async () => {
    using folder = new BundleFolder({ 'charts/web.tgz': packedChart('web'), 'manifests/a.yaml': CONFIG_MAP });
    const { objects, charts } = await readBundle(folder.path);
    expect([objects.length, charts.length]).to.deep.equal([1, 1]);
  });
});
