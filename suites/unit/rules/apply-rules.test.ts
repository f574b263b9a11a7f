// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { applyRules } from '../../../harness/rules/apply-rules.ts';
import { chartYaml, packedChart } from '../../support/packed-chart.ts';
import { BundleFolder } from '../bundle/support/bundle-folder.ts';
import { sha256 } from '../bundle/support/image-parts.ts';
import { CONFIG_ONE, dockerSave, haulerStore, LOWER, orasLayout } from '../bundle/support/producers.ts';
import { rawTar } from '../bundle/support/raw-tar.ts';

/** Findings of a K3s directory with these files, as `severity rule location: message`. */
async function findings(
  files: Readonly<Record<string, string | Buffer>>,
  siteHosts?: ReadonlySet<string>,
): Promise<string[]> {
  using folder = new BundleFolder({
    'images/docker.tar': dockerSave(),
    'images/oci.tar': orasLayout().bytes,
    ...files,
  });
  return applyRules(await readBundle(folder.path), siteHosts).map(
    ({ severity, rule, location, message }) => `${severity} ${rule} ${location}: ${message}`,
  );
}

/** An object of a kind with pods, whose containers are these. */
function workload(kind: string, containers: unknown, kindOfContainers = 'containers'): string {
  const spec = { [kindOfContainers]: containers };
  const template = { template: { spec } };
  const body = kind === 'Pod' ? spec : kind === 'CronJob' ? { jobTemplate: { spec: template } } : template;
  return JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'web' }, spec: body });
}

/** A docker-archive as `docker save ID` writes it. */
function nameless(): Buffer {
  return rawTar([
    { name: 'manifest.json', content: '[{"Config":"c.json","RepoTags":null,"Layers":["l.tar"]}]' },
    { name: 'c.json', content: CONFIG_ONE },
    { name: 'l.tar', content: LOWER },
  ]);
}

describe('static rules', () => {
  it('find nothing in a bundle that has everything', async () => {
    const images = [
      'one:1',
      'docker.io/shop/two:2',
      'registry.example:5000/shop/two:2',
      `x@${orasLayout().indexDigest}`,
    ];
    const containers = images.map((image, index) => ({ name: `c${index}`, image }));
    expect(await findings({ 'manifests/a.yaml': workload('Deployment', containers) })).to.deep.equal([]);
  });

  for (const kind of [
    'Pod',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ReplicaSet',
    'ReplicationController',
    'Job',
    'CronJob',
  ]) {
    it(`find an image that is not in the bundle in a ${kind}`, async () => {
      for (const place of ['containers', 'initContainers', 'ephemeralContainers']) {
        const text = `# a comment\n${workload(kind, [{ name: 'app', image: 'one:2' }], place)}`;
        expect(await findings({ 'manifests/a.yaml': text }), place).to.deep.equal([
          `warning image-not-in-bundle manifests/a.yaml:2: ${kind}/web container app uses "one:2", which no archive of the bundle holds`,
        ]);
      }
    });
  }

  it('find images by a digest that the bundle does not have', async () => {
    const image = `registry.example:5000/shop/two:2@sha256:${'0'.repeat(64)}`;
    expect(await findings({ 'manifests/a.yaml': workload('Pod', [{ name: 'app', image }]) })).to.deep.equal([
      `warning image-not-in-bundle manifests/a.yaml:1: Pod/web container app uses "${image}", which no archive of the bundle holds`,
    ]);
  });

  it('find images that are carried and yet not found: stored under another name, or under none', async () => {
    expect(
      await findings({ 'images/haul.tar': haulerStore(), 'images/nameless.tar': nameless() }),
    ).to.deep.equal([
      `warning image-name images/nameless.tar: an image in this archive (${sha256(CONFIG_ONE).slice(0, 19)}) has no name that a pod could use`,
      'warning image-name images/haul.tar: an image in this archive is stored as "index.docker.io/library/one:1", but for pods it would have to be "docker.io/library/one:1"',
    ]);
  });

  it('find the policy Always, written or implied, and tags that move', async () => {
    const containers = [
      { name: 'written', image: 'one:1', imagePullPolicy: 'Always' },
      { name: 'implied', image: 'two' },
      { name: 'moving', image: 'two:latest', imagePullPolicy: 'IfNotPresent' },
      { name: 'fixed', image: 'one:1', imagePullPolicy: 'Never' },
    ];
    expect(await findings({ 'manifests/a.yaml': workload('Job', containers) })).to.deep.equal([
      'warning pull-policy-always manifests/a.yaml:1: Job/web container written asks the registry for "one:1" at every start (imagePullPolicy: Always)',
      'warning pull-policy-always manifests/a.yaml:1: Job/web container implied asks the registry for "two" at every start (no tag, or latest: the policy becomes Always)',
      'info moving-tag manifests/a.yaml:1: Job/web container moving uses "two:latest", which names no fixed version',
    ]);
  });

  it('find lists to pull, mirrors that fall back to the registry, names that K3s cannot keep, and what takes no part', async () => {
    const object = '{ apiVersion: v1, kind: ConfigMap, metadata: { name: a } }';
    expect(
      await findings({
        'images/list.txt': 'docker.io/library/x:1\n',
        'k3s-images.txt': 'docker.io/library/x:1\n',
        'registries.yaml': 'mirrors: { quay.io: {}, docker.io: {} }\n',
        'manifests/My_App.yaml': object,
        'gate.yaml': '',
      }),
    ).to.deep.equal([
      'warning pull-list images/list.txt: "images/list.txt" lies where K3s reads a list of images to pull from their registries',
      'warning manifest-name manifests/My_App.yaml: K3s cannot keep a record of this manifest: "My_App" is no valid object name, so it does not apply the file',
      'info default-endpoint registries.yaml: mirrors for quay.io, docker.io are declared, and K3s still tries the registry itself when a mirror fails',
      'info ignored-file gate.yaml: "gate.yaml" takes no part: a gate belongs to the owner of the site, not into the bundle: a vendor cannot accept its own leaks',
    ]);
    expect(
      await findings({
        'registries.yaml': 'mirrors: { quay.io: {} }\n',
        'config.yaml': 'disable-default-registry-endpoint: true\n',
      }),
    ).to.deep.equal([]);
  });

  it('pass over objects that are no workloads, and workloads that are malformed', async () => {
    const text = `${workload('Deployment', 'none')}\n---\n{ apiVersion: v1, kind: Pod, metadata: { name: a } }\n---\n{ apiVersion: v1, kind: Service, metadata: { name: a }, spec: { containers: [{ image: x }] } }\n`;
    expect(await findings({ 'manifests/a.yaml': text })).to.deep.equal([]);
  });

  it('a chart’s dependency that it does not carry, and a schema of another host', async () => {
    const dependencies =
      'dependencies:\n  - { name: db, version: 9.x, repository: "https://charts.example" }\n  - { name: log, version: "1", repository: "" }\n';
    const web = packedChart('web', {
      'Chart.yaml': chartYaml('web', dependencies),
      'charts/log.tgz': packedChart('log'),
      'values.schema.json': '{"$ref":"https://schemas.example/s.json"}',
    });
    expect(await findings({ 'charts/web.tgz': web })).to.deep.equal([
      'warning chart-dependency charts/web.tgz (web > db): chart web needs chart "db" 9.x from https://charts.example, which is not in its charts/',
      'warning chart-remote-schema charts/web.tgz (https://schemas.example/s.json): values.schema.json refers to https://schemas.example/s.json, which helm fetches when it installs the chart',
    ]);
  });

  it('a HelmChart whose chart comes from elsewhere; not one that K3s serves or that carries it', async () => {
    const helmChart = (name: string, spec: object): string =>
      JSON.stringify({ apiVersion: 'helm.cattle.io/v1', kind: 'HelmChart', metadata: { name }, spec });
    expect(
      await findings({
        'manifests/a.yaml': helmChart('a', { repo: 'https://charts.example', chart: 'web' }),
        'manifests/b.yaml': helmChart('b', { chart: 'oci://registry.example/web' }),
        'manifests/c.yaml': helmChart('c', { chart: 'https://%{KUBERNETES_API}%/static/charts/web.tgz' }),
        'server/static/charts/web.tgz': packedChart('web'),
        'manifests/e.yaml': helmChart('e', { chart: 'https://%{KUBERNETES_API}%/static/charts/other.tgz' }),
        'manifests/f.yaml': helmChart('f', {
          chart: 'https://%{KUBERNETES_API}%/static/charts/traefik-1.tgz',
        }),
        'manifests/d.yaml': helmChart('d', {
          chart: 'web',
          repo: 'https://x.example',
          chartContent: packedChart('d').toString('base64'),
        }),
      }),
    ).to.deep.equal([
      'warning helm-chart-object manifests/a.yaml:1: HelmChart/a takes its chart from repository https://charts.example',
      'warning helm-chart-object manifests/b.yaml:1: HelmChart/b takes its chart from oci://registry.example/web',
      'warning helm-chart-object manifests/e.yaml:1: HelmChart/e takes its chart from https://%{KUBERNETES_API}%/static/charts/other.tgz, which the bundle does not carry in server/static/charts',
    ]);
  });

  it('a HelmChart whose chart the site has is none', async () => {
    const helmChart = (spec: object): string =>
      JSON.stringify({ apiVersion: 'helm.cattle.io/v1', kind: 'HelmChart', metadata: { name: 'a' }, spec });
    const files = {
      'manifests/a.yaml': helmChart({ repo: 'https://charts.site.example/stable', chart: 'web' }),
      'manifests/b.yaml': helmChart({ chart: 'oci://Registry.site.example:5000/team/web' }),
    };
    const hosts = new Set(['charts.site.example', 'registry.site.example']);
    expect(await findings(files, hosts)).to.deep.equal([]);
    expect(await findings(files, new Set(['other.site.example']))).to.have.length(2);
  });
});
