// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { ManifestObject } from '../../../harness/core/bundle.ts';
import { helmChartsOf, remoteSource, servedChart } from '../../../harness/core/helm-chart.ts';

const object = (spec: unknown, more: Partial<ManifestObject> = {}): ManifestObject => ({
  apiVersion: 'helm.cattle.io/v1',
  kind: 'HelmChart',
  namespace: 'kube-system',
  name: 'web',
  file: 'a.yaml',
  line: 1,
  body: { spec },
  ...more,
});
const [SERVED, REPO, URL, CARRIED, NAME] = helmChartsOf({
  objects: [
    object({ chart: 'https://%{KUBERNETES_API}%/static/charts/sub/web.tgz', targetNamespace: 'shop' }),
    object({ chart: 'web', repo: 'https://charts.example', version: 1 }),
    object({ chart: 'oci://registry.example/web' }),
    object({ chart: 'https://charts.example/web.tgz', chartContent: 'AAAA' }),
    object('none', { namespace: null }),
    object({}, { kind: 'HelmChartConfig' }),
  ],
});

describe('HelmChart objects', () => {
  it('are read with what they say; what is no text counts as not said', () => {
    expect([SERVED, REPO, NAME].map((one) => [one?.target, one?.version])).to.deep.equal([
      ['shop', ''],
      ['kube-system', ''],
      ['default', ''],
    ]);
  });

  it('take their chart from K3s, from outside, or carry it', () => {
    const all = [SERVED, REPO, URL, CARRIED, NAME].flatMap((one) => one ?? []);
    expect(all.map((one) => [servedChart(one), remoteSource(one)])).to.deep.equal([
      ['sub/web.tgz', null],
      [null, 'repository https://charts.example'],
      [null, 'oci://registry.example/web'],
      [null, null],
      [null, null],
    ]);
  });
});
