// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../../harness/core/report.ts';
import { airgap, readReport } from '../support/airgap.ts';
import { needs, needsParts } from '../support/needs.ts';

async function run(example: string, wantedExitCode: number): Promise<Report> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-shop-'));
  const out = join(dir.path, 'run');
  const { exitCode, all } = await airgap(['test', `examples/${example}`, '--out', out]);
  expect(exitCode, all).to.equal(wantedExitCode);
  return await readReport(out);
}

describe('the examples with charts and a site', function shop() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'registry');
  });

  it('examples/shop is ready: charts, a volume, an Ingress, images by two ways, one accepted attempt', async function () {
    await needsParts(this, 'local-storage', 'servicelb', 'traefik');
    const report = await run('shop', 0);
    expect(
      report.attempts.map(({ destination, accepted }) => [destination.name, accepted?.expires]),
    ).to.deep.equal([['advisories.shop.example', '2027-12-31']]);
    expect(report.images?.map(({ name, way, again }) => [name, way, again])).to.have.deep.members([
      ['registry.shop.example/shop/postgres:15.0', 'preload', 'pinned'],
      ['registry.shop.example/shop/api:2.1.0', 'registry', 'pulled'],
      ['registry.shop.example/shop/front:2.1.0', 'registry', 'pulled'],
    ]);
    const users = Object.fromEntries(report.siteDependencies.map(({ name, users: by }) => [name, by]));
    expect(users['directory']).to.deep.equal(['shop/Deployment/api']);
    expect(users['registry']).to.have.members(['shop/Deployment/api', 'shop/Deployment/web']);
    const found = Object.fromEntries(report.checks.map(({ id, message }) => [id, message]));
    expect(found['ingresses']).to.match(/^[1-9]\d* route\(s\) of Ingresses answer from outside/);
    expect(found['volumes']).to.contain('local-path kept its data');
  });

  it('examples/shop-broken is not ready, in the five ways that its README names', async () => {
    const report = await run('shop-broken', 1);
    const failed = report.checks.flatMap(({ id, result }) => (result === 'fail' ? [id] : []));
    expect(failed.filter((id) => id.startsWith('chart-'))).to.have.members([
      'chart-reports',
      'chart-search',
      'chart-thumbnails',
      'chart-billing',
    ]);
    expect(
      report.attempts.map(
        ({ destination, source }) => `${source.owner ?? source.process?.exe} ${destination.name}`,
      ),
    ).to.have.members([
      '/usr/local/bin/helm charts.shop.example',
      '/usr/local/bin/helm schemas.shop.example',
      'Deployment/thumbnails registry.shop.example',
      'Deployment/orders releases.exporter.example',
      'Job/billing-migrate registry.shop.example',
    ]);
    expect(report.findings.map(({ rule }) => rule)).to.include.members([
      'chart-dependency',
      'chart-remote-schema',
      'image-not-in-bundle',
    ]);
  });
});
