// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readAssets } from '../../../harness/core/assets.ts';
import { airgap, readReport } from '../support/airgap.ts';
import { checkOf, container, hookJob, packed, TOOLS, writeChartBundle } from '../support/chart-bundle.ts';
import { needs, needsParts, REPO_ROOT } from '../support/needs.ts';

function helmObject(kind: 'HelmChart' | 'HelmChartConfig', name: string, spec: object): string {
  return stringify({
    apiVersion: 'helm.cattle.io/v1',
    kind,
    metadata: { name, namespace: 'kube-system' },
    spec,
  });
}

const SERVED = 'https://%{KUBERNETES_API}%/static/charts';

describe('a bundle with HelmChart objects', function helmChartObjects() {
  this.timeout(600_000);
  before(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
    await needsParts(this, 'helm-controller');
  });

  it('is ready: charts in the object and in server/static/charts, with values, namespace and HelmChartConfig', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-helmchart-'));
    const bundle = join(dir.path, 'bundle');
    const web = packed('web', {
      'templates/migrate.yaml': stringify(
        hookJob('migrate', 'pre-install', container('probe', 'dns', 'kubernetes.default.svc.cluster.local.')),
      ),
      'templates/tests/replicas.yaml': stringify(
        hookJob('replicas', 'test', container('probe', 'dns', 'kubernetes.default.svc.cluster.local.'), {
          'check/replicas': 'REPLICAS',
        }),
      ).replace('REPLICAS', '"{{ required "replicas of the HelmChartConfig" .Values.three }}"'),
    });
    await writeChartBundle(
      bundle,
      {
        'server/static/charts/front/web-1.2.3.tgz': web,
        'server/manifests/web.yaml': helmObject('HelmChart', 'web', {
          chart: `${SERVED}/front/web-1.2.3.tgz`,
          targetNamespace: 'shop',
          createNamespace: true,
          values: { replicas: 2 },
        }),
        'server/manifests/web-config.yaml': helmObject('HelmChartConfig', 'web', {
          valuesContent: 'three: "yes"\n',
        }),
        'server/manifests/db.yaml': helmObject('HelmChart', 'db', {
          chartContent: packed('db').toString('base64'),
          valuesContent: 'replicas: 1\n',
        }),
      },
      await readAssets(REPO_ROOT),
    );
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', bundle, '--out', out]);
    expect(exitCode, all).to.equal(0);
    const report = await readReport(out);
    expect(report.attempts).to.deep.equal([]);
    expect(checkOf(report, 'helmchart-web')).to.match(
      /^pass: release shop\/web is deployed by its job, in [\d.]+ s$/,
    );
    expect(checkOf(report, 'helmchart-db')).to.match(/^pass: release kube-system\/db /);
    expect(checkOf(report, 'releases-deployed')).to.equal('pass: 2 release(s) are deployed');
    expect(checkOf(report, 'helm-test-web')).to.equal('pass: 1 test(s) succeeded: replicas');
    const [evidence] = report.checks.find(({ id }) => id === 'helmchart-web')?.evidence ?? [];
    expect(await readFile(join(out, evidence?.file ?? ''), 'utf8')).to.contain(
      '+ helm upgrade --install web https://',
    );
  });

  it('is ready with a chart of the site’s registry, whose authority the HelmChart names', async function fromRegistry() {
    needs(this, 'registry');
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-helmchart-'));
    const bundle = join(dir.path, 'bundle');
    await writeChartBundle(
      bundle,
      {
        'charts/idle.tgz': packed('idle', { 'values.yaml': 'replicas: 0\n' }),
        'manifests/web.yaml': helmObject('HelmChart', 'web', {
          chart: 'oci://registry.site.example/team/web',
          version: '1.2.3',
          repoCAConfigMap: { name: 'site-ca' },
        }),
      },
      await readAssets(REPO_ROOT),
    );
    await mkdir(join(dir.path, 'owners'));
    await writeFile(join(dir.path, 'owners/web-1.2.3.tgz'), packed('web'));
    await writeFile(
      `${bundle}.gate.yaml`,
      stringify({
        apiVersion: 'airgap.dev/v1',
        kind: 'Gate',
        site: {
          services: {
            ca: { configMaps: ['kube-system/site-ca'] },
            registry: { host: 'registry.site.example', charts: { project: 'team', folder: 'owners' } },
          },
        },
      }),
    );
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', bundle, '--out', out]);
    expect(exitCode, all).to.equal(0);
    const report = await readReport(out);
    expect(checkOf(report, 'helmchart-web')).to.match(/^pass: release kube-system\/web is deployed/);
    expect(report.findings).to.deep.equal([]);
    expect(report.siteDependencies.map(({ name, users }) => [name, users])).to.deep.include([
      'registry',
      ['kube-system/Job/helm-install-web'],
    ]);
  });

  it('is not ready when a chart must be fetched, has no image, or cannot be rendered: each is told, with its remedy', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-helmchart-'));
    const bundle = join(dir.path, 'bundle');
    await writeChartBundle(
      bundle,
      {
        'manifests/far.yaml': helmObject('HelmChart', 'far', {
          chart: 'frontend',
          repo: 'https://charts.vendor.example/stable',
          version: '1.2.3',
        }),
        'manifests/bad.yaml': helmObject('HelmChart', 'bad', {
          chartContent: packed('bad', {
            'templates/fail.yaml': '{{ fail "this chart wants a licence key" }}',
          }).toString('base64'),
        }),
        'manifests/imageless.yaml': helmObject('HelmChart', 'imageless', {
          chartContent: packed('imageless', {
            'templates/deployment.yaml': stringify({
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: { name: 'imageless' },
              spec: { containers: [{ name: 'main', image: TOOLS.replace('tools:1', 'tools:2') }] },
            }),
          }).toString('base64'),
        }),
      },
      await readAssets(REPO_ROOT),
    );
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', bundle, '--out', out]);
    expect(exitCode, all).to.equal(1);
    const report = await readReport(out);

    const far = report.attempts.filter(({ source }) => source.owner === 'Job/helm-install-far');
    expect(far.map((one) => `${one.destination.name} ${one.class} ${one.source.namespace}`)).to.deep.equal([
      'charts.vendor.example helm-repository kube-system',
    ]);
    expect(far[0]?.remedy).to.contain(
      'HelmChart kube-system/far (manifests/far.yaml:1) takes its chart frontend from repository https://charts.vendor.example/stable, version 1.2.3',
    );
    const others = report.attempts.filter((one) => !far.includes(one));
    expect(others.map((one) => `${one.class} ${one.source.owner}`)).to.deep.equal([
      'image-pull Pod/imageless',
    ]);

    expect(checkOf(report, 'helmchart-far')).to.match(
      /^fail: HelmChart kube-system\/far: job helm-install-far: .*charts\.vendor\.example/,
    );
    expect(checkOf(report, 'helmchart-bad')).to.match(
      /^fail: HelmChart kube-system\/bad: job helm-install-bad: .*licence key/,
    );
    expect(checkOf(report, 'helmchart-imageless')).to.match(/^pass/); // the release is deployed, its pod is not up
    expect(checkOf(report, 'releases-deployed')).to.match(/^fail: .*release kube-system\/far does not exist/);
    expect(
      report.findings
        .filter(({ severity }) => severity === 'warning')
        .map(({ rule, location }) => `${rule} ${location}`),
    ).to.deep.equal([
      'helm-chart-object manifests/far.yaml:1',
      'image-not-in-bundle manifests/imageless.yaml (imageless/templates/deployment.yaml)',
    ]);
  });
});
