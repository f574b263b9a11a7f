// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { chartChecks, upgradeArguments } from '../../../harness/checks/charts.ts';
import { reasonOfHelm } from '../../../harness/checks/helm.ts';
import type { ManifestObject } from '../../../harness/core/bundle.ts';
import type { Chart } from '../../../harness/core/chart.ts';
import { releasesOf } from '../../../harness/core/releases.ts';
import { readRendered } from '../../../harness/run/rendered-charts.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { CHART } from '../../support/empty-chart.ts';

describe('how helm is called for a chart', () => {
  const called = (chart: Partial<Chart>, pace = 1): string =>
    upgradeArguments({ ...CHART, ...chart }, pace).join(' ');

  it('as people do it: install or upgrade, namespace made, waiting', () => {
    expect(called({})).to.equal(
      'upgrade --install web /var/lib/airgap-bundle/charts/web.tgz --namespace default --create-namespace --wait --timeout 300s',
    );
  });

  it('with values in order, and without waiting where that is said', () => {
    const values = ['b.yaml', 'with, comma "and" quote.yaml'].map((file) => ({ file, path: `/x/${file}` }));
    expect(called({ values, wait: false, timeoutSeconds: 90, namespace: 'shop' }, 1.5)).to.match(
      / --namespace shop --create-namespace --timeout 135s --values \/var\/lib\/airgap-bundle\/b.yaml --values "\/var\/lib\/airgap-bundle\/with, comma ""and"" quote.yaml"$/,
    );
  });

  it('a folder may fetch what it misses; of an OCI artifact it gets the packed chart', () => {
    expect(called({ form: 'folder', file: 'charts/web' })).to.contain(' --dependency-update');
    expect(called({ form: 'oci-layout', file: 'charts/web.tar' })).to.contain(
      '/var/lib/airgap-bundle/charts/web.tar.d/web-1.2.3.tgz',
    );
  });
});

describe('the checks that charts bring', () => {
  const idsOf = (charts: readonly Chart[]): string[] =>
    chartChecks({ ...EMPTY_BUNDLE, charts }).map(({ id }) => id);

  it('none without charts', () => expect(idsOf([])).to.deep.equal([]));

  it('of a HelmChart object that it is installed, that its release is there, by its target namespace, its tests', () => {
    const object = (spec: object): ManifestObject => ({
      apiVersion: 'helm.cattle.io/v1',
      kind: 'HelmChart',
      namespace: 'kube-system',
      name: 'db',
      file: 'a.yaml',
      line: 1,
      body: { spec },
    });
    const objects = [
      object({}),
      object({ targetNamespace: 'shop' }),
      { ...object({}), kind: 'HelmChartConfig' },
    ];
    const releases = releasesOf({ charts: [CHART], objects });
    expect(releases.map(({ namespace, name }) => ({ namespace, name }))).to.deep.equal([
      { namespace: 'default', name: 'web' },
      { namespace: 'kube-system', name: 'db' },
      { namespace: 'shop', name: 'db' },
    ]);
    const inlineCharts = [{ ...CHART, hasTests: true, of: { name: 'db', namespace: 'kube-system' } }];
    const charts = [{ ...CHART, release: 'db', namespace: 'apps' }];
    expect(
      chartChecks({ ...EMPTY_BUNDLE, charts, inlineCharts, objects: objects.slice(1) }).map(({ id }) => id),
    ).to.deep.equal(['helmchart-shop-db', 'chart-apps-db', 'releases-deployed', 'helm-test-shop-db']);
  });

  it('one for each release, one for all, one for tests; two of one name by namespace', () => {
    expect(
      idsOf([
        CHART,
        { ...CHART, release: 'db.main', hasTests: true },
        { ...CHART, release: 'agent', namespace: 'a' },
        { ...CHART, release: 'agent', namespace: 'b' },
      ]),
    ).to.deep.equal([
      'chart-web',
      'chart-db-main',
      'chart-a-agent',
      'chart-b-agent',
      'releases-deployed',
      'helm-test-db-main',
    ]);
  });
});

describe('what helm said', () => {
  it('is its error, whole; else its last line', () => {
    const stderr = 'level=WARN msg="x"\nError: UPGRADE FAILED:\n  missing in charts/ directory: db\n';
    expect(reasonOfHelm({ stdout: 'Release "web" does not exist.\n', stderr })).to.equal(
      'UPGRADE FAILED: missing in charts/ directory: db',
    );
    const stdout =
      'Release "web" does not exist.\n...Unable to get an update from the "https://x.example" chart repository:\n\tdial tcp: no such host\nUpdate Complete.\n';
    expect(reasonOfHelm({ stdout, stderr: 'Error: no cached repository found\n' })).to.equal(
      'Unable to get an update from the "https://x.example" chart repository: dial tcp: no such host; Error: no cached repository found',
    );
    expect(reasonOfHelm({ stdout: 'a\nb\n', stderr: '' })).to.equal('b');
    expect(reasonOfHelm({ stdout: '', stderr: '' })).to.equal('it said nothing');
  });
});

describe('what helm rendered', () => {
  it('are objects that know their template; what is none is left out', () => {
    const text =
      '---\n# Source: web/templates/a.yaml\nkind: Job\napiVersion: batch/v1\nmetadata: { name: a }\n---\n# Source: web/templates/b.yaml\nkind: Job\napiVersion: batch/v1\nmetadata: { generateName: b- }\n---\n';
    expect(
      readRendered(text, 'charts/web.tgz').map(({ kind, name, file, line }) => [kind, name, file, line]),
    ).to.deep.equal([['Job', 'a', 'charts/web.tgz (web/templates/a.yaml)', 0]]);
  });
});
