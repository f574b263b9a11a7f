// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchV1Api, CoreV1Api } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Bundle, ManifestObject } from '../../../harness/core/bundle.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import { triggerCronJobs } from '../../../harness/site/cronjobs.ts';
import { installManifests } from '../../../harness/site/install.ts';
import { bootKubernetes, create, type KubernetesSite } from '../support/kubernetes-site.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { needs } from '../support/needs.ts';
import { ending, namespace, podSpec } from '../support/objects.ts';

/** A CRD in the file that sorts last: what needs it is applied when K3s tries again. */
const FILES: Readonly<Record<string, string>> = {
  '10-app.yaml': `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pages, namespace: shop}
data: {index.html: Welcome}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: Shop-Reader}
rules: []
`,
  '20-widget.yaml': `apiVersion: airgap.test/v1
kind: Widget
metadata: {name: first, namespace: shop}
`,
  '90-crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.airgap.test}
spec:
  group: airgap.test
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`,
};

const OBJECTS: readonly ManifestObject[] = [
  object('v1', 'Namespace', null, 'shop', '10-app.yaml', 1),
  object('v1', 'ConfigMap', 'shop', 'pages', '10-app.yaml', 5),
  object('rbac.authorization.k8s.io/v1', 'ClusterRole', null, 'Shop-Reader', '10-app.yaml', 10),
  object('airgap.test/v1', 'Widget', 'shop', 'first', '20-widget.yaml', 1),
  object(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    null,
    'widgets.airgap.test',
    '90-crd.yaml',
    1,
  ),
];

function object(
  apiVersion: string,
  kind: string,
  ns: string | null,
  name: string,
  file: string,
  line: number,
): ManifestObject {
  return { apiVersion, kind, namespace: ns, name, file, line, body: {} };
}

describe('a bundle’s manifests are installed as K3s installs them', function install() {
  this.timeout(180_000);
  let site: KubernetesSite;
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    site = await bootKubernetes();
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  async function bundleOf(
    folder: string,
    files: Readonly<Record<string, string>>,
    objects: readonly ManifestObject[],
  ): Promise<Bundle> {
    await mkdir(join(site.dir, folder));
    const manifests = Object.keys(files).map((name) => ({
      path: join(site.dir, folder, name),
      installAs: `${folder}-${name}`,
    }));
    for (const { path } of manifests) await writeFile(path, files[path.split('/').at(-1) ?? ''] ?? '');
    return { ...EMPTY_BUNDLE, manifests, objects };
  }

  it('ends when every object is there: one whose CRD comes later, one with capitals in its name', async () => {
    const { signal } = site.context;
    await installManifests(site.cluster, await bundleOf('good', FILES, OBJECTS), {
      signal,
      k3sLog: join(site.dir, 'k3s.log'),
    });
    const { data } = await site.k3s.config
      .makeApiClient(CoreV1Api)
      .readNamespacedConfigMap({ name: 'pages', namespace: 'shop' });
    expect(data).to.deep.equal({ 'index.html': 'Welcome' });
    expect(await site.cluster.kubectl(['get', 'widget', '-n', 'shop', '-o', 'name'])).to.equal(
      'widget.airgap.test/first\n',
    );
  });

  it('names what was not applied, where it is written, and what K3s said', async () => {
    const bundle = await bundleOf(
      'bad',
      { 'gadget.yaml': 'apiVersion: airgap.test/v9\nkind: Gadget\nmetadata: {name: g, namespace: shop}\n' },
      [object('airgap.test/v9', 'Gadget', 'shop', 'g', 'manifests/gadget.yaml', 1)],
    );
    const error = await installManifests(site.cluster, bundle, {
      signal: site.context.signal,
      k3sLog: join(site.dir, 'k3s.log'),
      deadlineMs: 5_000,
    }).then(
      () => expect.fail('installed'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof HarnessError)) throw error;
    expect(error.code).to.equal('bundle');
    expect(error.message).to.match(
      /^1 of 1 objects were not applied: Gadget shop\/g \(manifests\/gadget\.yaml:1\); K3s said: .*bad-gadget\.yaml.*Gadget/,
    );
  });

  it('goes on as long as one more comes in time, however long all of them take', async () => {
    const names = ['late-1', 'late-2', 'late-3'];
    const late = names.map((name) => object('v1', 'ConfigMap', 'default', name, 'x.yaml', 1));
    const deadlineMs = 4_000;
    const waiting = installManifests(site.cluster, await bundleOf('late', {}, late), {
      signal: site.context.signal,
      k3sLog: '/nonexistent',
      deadlineMs,
    });
    const began = performance.now();
    for (const name of names) {
      await sleep(2_000);
      await site.cluster.kubectl(['create', 'configmap', name]);
    }
    await waiting;
    expect(performance.now() - began).to.be.greaterThan(deadlineMs);
  });

  it('an interrupt ends the wait', async () => {
    const bundle = await bundleOf('never', {}, [object('v1', 'ConfigMap', 'shop', 'never', 'x.yaml', 1)]);
    const signal = AbortSignal.timeout(500);
    const error = await installManifests(site.cluster, bundle, { signal, k3sLog: '/nonexistent' }).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(HarnessError).and.have.property('code', 'interrupted');
  });

  it('starts each CronJob once, under its owner, and again under another name', async () => {
    const cronJob = (name: string, suspend: boolean): object => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name, namespace: 'nightly' },
      spec: {
        schedule: '0 0 1 1 *',
        suspend,
        jobTemplate: {
          metadata: { labels: { tier: 'night' } },
          spec: { template: { spec: podSpec(ending(true), { restartPolicy: 'Never' }) } },
        },
      },
    });
    await create(site.cluster, namespace('nightly'), cronJob('yearly', false), cronJob('asleep', true));
    const harnessNamespaces = ['airgap-probe'];
    expect(await triggerCronJobs(site.cluster, { harnessNamespaces })).to.deep.equal([
      'nightly/yearly-airgap-1',
    ]);
    expect(await triggerCronJobs(site.cluster, { harnessNamespaces })).to.deep.equal([
      'nightly/yearly-airgap-2',
    ]);
    expect(await triggerCronJobs(site.cluster, { harnessNamespaces: ['nightly'] })).to.deep.equal([]);
    const job = await site.k3s.config
      .makeApiClient(BatchV1Api)
      .readNamespacedJob({ name: 'yearly-airgap-1', namespace: 'nightly' });
    expect(job.metadata?.labels?.['tier']).to.equal('night');
    expect(job.metadata?.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`)).to.deep.equal([
      'CronJob/yearly',
    ]);
    expect(job.metadata?.annotations?.['cronjob.kubernetes.io/instantiate']).to.equal('manual');
    await site.cluster.kubectl([
      'wait',
      '--for=condition=Complete',
      '--timeout=20s',
      'job',
      '--all',
      '-n',
      'nightly',
    ]);
  });
});
