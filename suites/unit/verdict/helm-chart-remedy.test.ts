// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { HelmChartSummary } from '../../../harness/core/helm-chart.ts';
import type { Attempt } from '../../../harness/core/report.ts';
import { helmChartRemedy } from '../../../harness/verdict/helm-chart-remedy.ts';
import { RUN } from './log-builder.ts';

const WEB: HelmChartSummary = {
  name: 'web',
  namespace: 'kube-system',
  target: 'shop',
  file: 'manifests/web.yaml',
  line: 3,
  chart: 'frontend',
  repo: 'https://charts.vendor.example/stable',
  version: '1.2.3',
  dependencies: [],
  remoteSchemas: [],
};

function told(helmChart: HelmChartSummary, host: string, owner = 'Job/helm-install-web'): string {
  const source: Attempt['source'] = {
    node: 'n1',
    pod: 'helm-install-web-x',
    pods: [],
    namespace: 'kube-system',
    owner,
    container: 'helm',
    image: null,
    item: null,
    process: { exe: '/usr/bin/helm', argv: null, ancestors: [] },
  };
  const found = helmChartRemedy({ host, source }, { ...RUN.bundle, helmCharts: [helmChart] });
  return found === null ? 'nothing' : `${found.class}: ${found.remedy}`;
}

describe('what the job of a HelmChart object reached for', () => {
  it('is its repository: the remedy names the object, the chart, and where to put it', () => {
    expect(told(WEB, 'charts.vendor.example')).to.equal(
      'helm-repository: HelmChart kube-system/web (manifests/web.yaml:3) takes its chart frontend from repository https://charts.vendor.example/stable, version 1.2.3, which its job asks for. Fetch it on the connected side (`helm pull`), carry it in server/static/charts and name it as spec.chart: https://%{KUBERNETES_API}%/static/charts/frontend.tgz, without spec.repo; or put it into spec.chartContent.',
    );
  });

  it('is a registry or a URL', () => {
    const chart = 'oci://registry.vendor.example/charts/web';
    expect(told({ ...WEB, chart, repo: '', version: '' }, 'registry.vendor.example')).to.contain(
      `takes its chart ${chart}, which its job asks for.`,
    );
  });

  it('is what the schema of a carried chart names', () => {
    const schema = 'https://schemas.vendor.example/k8s.json';
    const served = {
      ...WEB,
      repo: '',
      chart: 'https://%{KUBERNETES_API}%/static/charts/web.tgz',
      remoteSchemas: [schema],
    };
    expect(told(served, 'schemas.vendor.example')).to.contain(
      `schema-download: values.schema.json of the chart of HelmChart kube-system/web (manifests/web.yaml:3) refers to ${schema}`,
    );
  });

  it('is not what another job reached for', () => {
    expect(told(WEB, 'charts.vendor.example', 'Job/helm-install-other')).to.equal('nothing');
  });
});
