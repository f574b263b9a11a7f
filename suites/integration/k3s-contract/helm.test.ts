// SPDX-License-Identifier: Apache-2.0
import { type DisposableTempDir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { packedChart } from '../../support/packed-chart.ts';
import { needs, needsParts } from '../support/needs.ts';
import { type ContractK3s, contractK3s, until } from './contract-k3s.ts';

/** A chart without any image: one ConfigMap with its values. */
const chart = (name: string): Buffer =>
  packedChart(name, {
    'values.yaml': 'one: from-the-chart\ntwo: from-the-chart\nthree: from-the-chart\n',
    'templates/values.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-values }
data: { one: "{{ .Values.one }}", two: "{{ .Values.two }}", three: "{{ .Values.three }}" }
`,
  });

const helmChart = (name: string, spec: object): string =>
  stringify({
    apiVersion: 'helm.cattle.io/v1',
    kind: 'HelmChart',
    metadata: { name, namespace: 'kube-system' },
    spec,
  });

describe('K3s contract: charts', function contractOfCharts() {
  this.timeout(300_000);
  let k3s: ContractK3s;
  let scratch: DisposableTempDir;
  const valuesOf = async (namespace: string, name: string): Promise<unknown> =>
    JSON.parse(await k3s.kubectl('get', 'configmap', '-n', namespace, name, '-o', 'jsonpath={.data}'));

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    await needsParts(this, 'helm-controller');
    scratch = await mkdtempDisposable(join(tmpdir(), 'k3s-contract-'));
    k3s = await contractK3s({ packaged: ['helm-controller'] });
    await writeFile(join(scratch.path, 'served.tgz'), chart('served'));
    await k3s.node.upload(join(scratch.path, 'served.tgz'), `${K3S.staticCharts}/served.tgz`);
    const manifests: Readonly<Record<string, string>> = {
      'served.yaml': helmChart('served', {
        chart: 'https://%{KUBERNETES_API}%/static/charts/served.tgz',
        targetNamespace: 'apps',
        createNamespace: true,
        set: { one: 'from-set' },
        valuesContent: 'two: from-the-object\nthree: from-the-object\n',
      }),
      'served-config.yaml': stringify({
        apiVersion: 'helm.cattle.io/v1',
        kind: 'HelmChartConfig',
        metadata: { name: 'served', namespace: 'kube-system' },
        spec: { valuesContent: 'three: from-the-config\n' },
      }),
      'carried.yaml': helmChart('carried', { chartContent: chart('carried').toString('base64') }),
    };
    for (const [name, text] of Object.entries(manifests))
      await k3s.node.writeFile(join(K3S.manifests, name), text);
    await k3s.start('--disable', 'traefik,servicelb,local-storage,metrics-server');
  });
  after(async () => {
    await k3s?.[Symbol.asyncDispose]();
    await scratch?.[Symbol.asyncDispose]();
  });

  it('a chart in server/static/charts is served by the API server, to anybody, without a list', async () => {
    const ask = async (path: string): Promise<string> => {
      const url = `https://127.0.0.1:6443${path}`;
      return (await k3s.node.exec(['curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', url])).stdout;
    };
    expect(await ask('/static/charts/served.tgz')).to.equal('200');
    expect(await ask('/static/charts/gone.tgz')).to.equal('404');
    expect(await ask('/api/v1/pods')).to.equal('401');
  });

  it('a HelmChart is installed from it: target namespace, set, values, and the HelmChartConfig over them', async () => {
    await until('the release’s object is there', 120, async () => {
      return (await valuesOf('apps', 'served-values')) !== undefined;
    });
    expect(await valuesOf('apps', 'served-values')).to.deep.equal({
      one: 'from-set',
      two: 'from-the-object',
      three: 'from-the-config',
    });
    expect(
      await k3s.kubectl('get', 'job', '-n', 'kube-system', 'helm-install-served', '-o', 'name'),
    ).to.equal('job.batch/helm-install-served');
  });

  it('a HelmChart that carries its chart is installed in its own namespace', async () => {
    await until('the release’s object is there', 120, async () => {
      return (await valuesOf('kube-system', 'carried-values')) !== undefined;
    });
    const secrets = await k3s.kubectl('get', 'secret', '-n', 'kube-system', '-l', 'owner=helm', '-o', 'name');
    expect(secrets).to.contain('secret/sh.helm.release.v1.carried.v1');
  });

  it('changed values are an upgrade of the release', async () => {
    const text = helmChart('carried', {
      chartContent: chart('carried').toString('base64'),
      valuesContent: 'one: changed\n',
    });
    await k3s.node.writeFile(join(K3S.manifests, 'carried.yaml'), text);
    await until('the values are the new ones', 120, async () => {
      return JSON.stringify(await valuesOf('kube-system', 'carried-values')).includes('changed');
    });
  });

  it('a deleted HelmChart takes its release with it', async () => {
    await k3s.node.exec(['rm', join(K3S.manifests, 'carried.yaml')]);
    await k3s.kubectl('delete', 'helmchart', '-n', 'kube-system', 'carried', '--timeout=120s');
    const { stdout } = await k3s.k3s('kubectl', 'get', 'configmap', '-n', 'kube-system', '-o', 'name');
    expect(stdout).not.to.contain('carried-values');
  });
});
