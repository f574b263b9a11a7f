// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readAssets } from '../../../harness/core/assets.ts';
import { rawTar } from '../../unit/bundle/support/raw-tar.ts';
import { blob, descriptor, layout, TYPES } from '../../unit/bundle/support/image-parts.ts';
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

const CRD = stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.shop.example' },
  spec: {
    group: 'shop.example',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
const WIDGET = 'apiVersion: shop.example/v1\nkind: Widget\nmetadata: { name: one }\n';

describe('a bundle with Helm charts and no bundle.yaml', function charts() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('is ready: packed, folder and OCI artifact; hooks, CRDs, values, namespaces, tests', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-charts-'));
    const bundle = join(dir.path, 'bundle');
    const oci = packed('db');
    const config = blob('application/vnd.cncf.helm.config.v1+json', '{"name":"db"}');
    const content = blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', oci);
    const manifest = blob(
      TYPES.manifest,
      JSON.stringify({ schemaVersion: 2, config: descriptor(config), layers: [descriptor(content)] }),
    );
    const web = chartFiles('web', {
      'Chart.yaml': stringify({
        apiVersion: 'v2',
        name: 'web',
        version: '2.0.0',
        dependencies: [{ name: 'cache', version: '1.x.x', repository: 'https://charts.vendor.example' }],
      }),
      'charts/cache-1.2.3.tgz': packed('cache'),
      'crds/widget.yaml': CRD,
      'templates/widget.yaml': WIDGET,
      'templates/migrate.yaml': stringify(
        hookJob(
          'migrate',
          'pre-install,pre-upgrade',
          container('probe', 'dns', 'kubernetes.default.svc.cluster.local.'),
        ),
      ),
      'templates/tests/lookup.yaml': stringify(
        hookJob('lookup', 'test', container('probe', 'dns', 'kubernetes.default.svc.cluster.local.')),
      ),
    });
    await writeChartBundle(
      bundle,
      {
        'charts/1-db.tar': rawTar(layout([descriptor(manifest)], [config, content, manifest])),
        'charts/2-api-1.2.3.tgz': packed('api'),
        'charts/api.values.yaml': 'replicas: 2\n',
        ...Object.fromEntries(Object.entries(web).map(([path, text]) => [`charts/shop/3-web/${path}`, text])),
      },
      await readAssets(REPO_ROOT),
    );
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', bundle, '--out', out]);
    expect(exitCode, all).to.equal(0);
    const report = await readReport(out);
    expect(report.attempts).to.deep.equal([]);
    expect(report.findings.filter(({ severity }) => severity !== 'info')).to.deep.equal([]);
    expect(checkOf(report, 'chart-db')).to.match(/^pass: release default\/db is deployed, in [\d.]+ s$/);
    expect(checkOf(report, 'chart-api')).to.match(/^pass/);
    expect(checkOf(report, 'chart-web')).to.match(/^pass: release shop\/web/);
    expect(checkOf(report, 'releases-deployed')).to.equal('pass: 3 release(s) are deployed');
    expect(checkOf(report, 'helm-test-web')).to.equal('pass: 1 test(s) succeeded: lookup');
    const [evidence] = report.checks.find(({ id }) => id === 'chart-api')?.evidence ?? [];
    const said = await readFile(join(out, evidence?.file ?? ''), 'utf8');
    expect(said).to.contain('$ helm upgrade --install api').and.to.contain('STATUS: deployed');
  });
});
