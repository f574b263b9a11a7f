// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readAssets } from '../../../harness/core/assets.ts';
import { airgap, readReport } from '../support/airgap.ts';
import {
  chartFiles,
  checkOf,
  container,
  hookJob,
  packed,
  writeChartBundle,
} from '../support/chart-bundle.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

describe('a bundle whose Helm charts are broken', function brokenCharts() {
  this.timeout(900_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('is not ready: each is told in its own way, with its remedy, in one run', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-charts-'));
    const bundle = join(dir.path, 'bundle');
    const assets = await readAssets(REPO_ROOT);
    const needing = (name: string, repository: string): string =>
      stringify({
        apiVersion: 'v2',
        name,
        version: '1.2.3',
        dependencies: [{ name: 'cache', version: '1.x.x', repository }],
      });
    const below = (folder: string, files: ReturnType<typeof chartFiles>): Record<string, string | Buffer> =>
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
    const missing = { ...container('pause'), image: 'registry.vendor.example/hooks/migrate:9' };
    await writeChartBundle(
      bundle,
      {
        ...below(
          'charts/10-repo',
          chartFiles('repo', { 'Chart.yaml': needing('repo', 'https://charts.vendor.example/stable') }),
        ),
        ...below(
          'charts/20-oci',
          chartFiles('oci', { 'Chart.yaml': needing('oci', 'oci://artifacts.vendor.example/charts') }),
        ),
        'charts/30-packed.tgz': packed('packed', {
          'Chart.yaml': needing('packed', 'https://packed.vendor.example'),
        }),
        'charts/40-schema.tgz': packed('schema', {
          'values.schema.json':
            '{"properties":{"replicas":{"$ref":"https://schemas.vendor.example/k8s.json"}}}',
        }),
        'charts/50-hook.tgz': packed('hook', {
          'templates/migrate.yaml': stringify(hookJob('migrate', 'pre-install', missing)),
        }),
        'charts/60-untested.tgz': packed('untested', {
          'templates/lookup.yaml': stringify(
            hookJob('lookup', 'test', container('probe', 'tcp', 'kubernetes.default.svc.cluster.local.:81')),
          ),
        }),
        'charts/70-fine.tgz': packed('fine'),
      },
      assets,
    );
    await copyFile(assets.helm, join(bundle, 'helm')); // the bundle's own
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', bundle, '--out', out]);
    expect(exitCode, all).to.equal(1);
    const report = await readReport(out);

    const ofHelm = report.attempts.filter(({ source }) => source.process.exe === '/usr/local/bin/helm');
    expect(ofHelm.map((one) => `${one.destination.name} ${one.class}`).toSorted()).to.deep.equal([
      'artifacts.vendor.example helm-repository',
      'charts.vendor.example helm-repository',
      'schemas.vendor.example schema-download',
    ]);
    const remedies = ofHelm.map(({ remedy }) => remedy).join('\n');
    expect(remedies).to.contain(
      'Chart repo (charts/10-repo) needs chart cache 1.x.x from https://charts.vendor.example/stable',
    );
    expect(remedies).to.contain(
      'Chart oci (charts/20-oci) needs chart cache 1.x.x from oci://artifacts.vendor.example/charts',
    );
    expect(remedies).to.contain('values.schema.json of chart schema-1.2.3 (charts/40-schema.tgz) refers to');
    const pulls = report.attempts.filter(({ source }) => source.owner === 'Job/migrate');
    expect(pulls.map((one) => `${one.class} ${one.source.image}`)).to.deep.equal([
      'image-pull registry.vendor.example/hooks/migrate:9',
    ]);
    expect(report.attempts).to.have.length(4);

    expect(checkOf(report, 'chart-repo')).to.match(
      /^fail: release default\/repo: helm: .*charts\.vendor\.example/,
    );
    expect(checkOf(report, 'chart-oci')).to.match(/^fail: .*artifacts\.vendor\.example/);
    expect(checkOf(report, 'chart-packed')).to.match(/^fail: .*missing in charts\/ directory: cache/);
    expect(checkOf(report, 'chart-schema')).to.match(/^fail: .*schemas\.vendor\.example/);
    expect(checkOf(report, 'chart-hook')).to.match(
      /^fail: release default\/hook: given up after [\d.]+ s: default\/Job\/migrate: .*registry\.vendor\.example\/hooks\/migrate:9/,
    );
    expect(checkOf(report, 'chart-untested')).to.match(/^pass/);
    expect(checkOf(report, 'helm-test-untested')).to.match(/^fail: helm: .*lookup/);
    expect(checkOf(report, 'chart-fine')).to.match(/^pass/);
    expect(checkOf(report, 'releases-deployed')).to.match(/release default\/repo does not exist/);
    expect(
      report.findings
        .filter(({ severity }) => severity === 'warning')
        .map(({ rule, location }) => `${rule} ${location}`),
    ).to.deep.equal([
      'chart-dependency charts/10-repo (repo > cache)',
      'chart-dependency charts/20-oci (oci > cache)',
      'chart-dependency charts/30-packed.tgz (packed > cache)',
      'chart-remote-schema charts/40-schema.tgz (https://schemas.vendor.example/k8s.json)',
      'image-not-in-bundle charts/50-hook.tgz (hook/templates/migrate.yaml)',
    ]);
  });
});
