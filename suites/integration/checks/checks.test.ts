// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { expect } from 'chai';
import { builtinChecks } from '../../../harness/checks/builtin-checks.ts';
import { runCheck } from '../../../harness/checks/run-checks.ts';
import { waitSettled } from '../../../harness/checks/settle.ts';
import type { Bundle } from '../../../harness/core/bundle.ts';
import type { CheckContext, CheckResult } from '../../../harness/core/cluster.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { sh } from '../providers/fixture.ts';
import { bootKubernetes, create, type KubernetesSite } from '../support/kubernetes-site.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { needs } from '../support/needs.ts';
import { deployment, ending, namespace, pausing, podSpec, service } from '../support/objects.ts';

const NEVER_READY = { exec: { command: ['/nonexistent'] }, periodSeconds: 1 };

/** Each built-in check on a real node: green as it is, then red for something broken for it. */
describe('built-in checks', function builtin() {
  this.timeout(180_000);
  let site: KubernetesSite;
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    site = await bootKubernetes();
    await create(site.cluster, namespace('shop'), deployment('shop', 'web'), deployment('shop', 'db'));
    const settled = await settle();
    expect(settled).to.deep.equal({ unsettled: [], stuck: false });
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  async function ask(id: string, changes: Partial<CheckContext> = {}): Promise<CheckResult> {
    const check = builtinChecks.find((candidate) => candidate.id === id) ?? expect.fail(`no check ${id}`);
    return await runCheck(check, { ...site.context, ...changes });
  }

  async function settle(stuckMs = 2_000): Promise<Awaited<ReturnType<typeof waitSettled>>> {
    const { signal } = site.context;
    return await waitSettled(site.cluster, {
      signal,
      deadlineMs: 60_000,
      stuckMs,
      harnessNamespaces: ['airgap-probe'],
    });
  }

  async function kubectl(...args: readonly string[]): Promise<string> {
    return await site.cluster.kubectl(args);
  }

  it('all are green on a cluster that is well, but those that have nothing to ask there', async () => {
    const moot = new Set(['volumes', 'load-balancers', 'ingresses', 'metrics-api']);
    for (const check of builtinChecks) {
      const { result, message, evidence } = await ask(check.id);
      const expected = moot.has(check.id) ? 'skipped' : 'pass';
      expect({ result, evidence }, `${check.id}: ${message}`).to.deep.equal({
        result: expected,
        evidence: [],
      });
    }
    expect(site.events.flatMap((event) => (event.type === 'check' ? [event.id] : []))).to.deep.equal(
      builtinChecks.map(({ id }) => id),
    );
  });

  it('node-ready: a node under memory pressure is named with its condition', async () => {
    const patch = { status: { conditions: [{ type: 'MemoryPressure', status: 'True', message: 'tight' }] } };
    await kubectl(
      'patch',
      'node',
      'n1',
      '--subresource=status',
      '--type=strategic',
      '-p',
      JSON.stringify(patch),
    );
    expect(await ask('node-ready')).to.include({
      result: 'fail',
      message: 'node n1: MemoryPressure is True (tight)',
    });
  });

  it('requirements: more nodes and more memory than there are', async () => {
    const bundle: Bundle = { ...EMPTY_BUNDLE, requirements: { nodes: 3, memoryMiB: 1e6, ownKernel: false } };
    expect(await ask('requirements', { bundle })).to.include({
      result: 'fail',
      message:
        'the bundle requires 3 node(s), there are 1; the bundle requires 1000000 MiB of memory, a node has 4096 MiB',
    });
  });

  it('workloads-available: says which container waits for what, and settling ends early', async () => {
    const missing = pausing({ image: 'registry.example/absent:1', imagePullPolicy: 'Never' });
    await create(site.cluster, deployment('shop', 'absent', missing));
    const { unsettled, stuck } = await settle();
    expect(stuck).to.equal(true);
    expect(unsettled.map(({ what }) => what)).to.deep.equal(['shop/Deployment/absent']);
    const { result, message } = await ask('workloads-available');
    expect(result).to.equal('fail');
    expect(message).to.match(
      /^shop\/Deployment\/absent: 0 of 1 replicas available: container main of pod absent-\S+ \(registry\.example\/absent:1\): ErrImageNeverPull/,
    );
    await kubectl('delete', 'deployment', 'absent', '-n', 'shop', '--wait');
  });

  it('settling ends with the run', async () => {
    await create(site.cluster, deployment('shop', 'later', pausing({ readinessProbe: NEVER_READY })));
    const wait = { signal: AbortSignal.timeout(500), deadlineMs: 60_000, harnessNamespaces: [] };
    const reason = await waitSettled(site.cluster, wait).then(
      () => null,
      (error: unknown) => error,
    );
    expect(reason).to.be.instanceOf(HarnessError).and.have.property('code', 'interrupted');
    await kubectl('delete', 'deployment', 'later', '-n', 'shop', '--wait');
  });

  it('workloads-available: a failed Job, a lonely Pod, a volume that is not there', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: 'shop', name: 'migrate' },
      spec: { backoffLimit: 0, template: { spec: podSpec(ending(false), { restartPolicy: 'Never' }) } },
    };
    const lonely = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'lonely' },
      spec: podSpec(ending(false), { restartPolicy: 'Never' }),
    };
    const volumes = [{ name: 'pages', configMap: { name: 'forgotten' } }];
    const unmounted = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'unmounted' },
      spec: podSpec(pausing({ volumeMounts: [{ name: 'pages', mountPath: '/pages' }] }), { volumes }),
    };
    await create(site.cluster, job, lonely, unmounted);
    await kubectl('wait', '--for=condition=Failed', '--timeout=30s', 'job/migrate', '-n', 'shop');
    await eventually(async () => (await ask('workloads-available')).message.includes('MountVolume'));
    const { message } = await ask('workloads-available');
    const told = message.split('; shop/');
    expect(told.map((line) => line.replace(/^shop\//, '').split(':')[0])).to.deep.equal([
      'Job/migrate',
      'Pod/lonely',
      'Pod/unmounted',
    ]);
    expect(told[0]).to.contain('failed: BackoffLimitExceeded');
    expect(told[1]).to.contain('exit code 2');
    for (const line of told.slice(0, 2)) expect(line).to.match(/; it wrote: usage: airgap-node probe/);
    expect(told[2]).to.contain('FailedMount').and.contain('configmap "forgotten" not found');
    await kubectl('delete', 'job/migrate', 'pod/lonely', 'pod/unmounted', '-n', 'shop', '--wait');
  });

  it('no-restarts: those while everything came up are told, one after that is a failure', async () => {
    await settle();
    await killContainer('web');
    await eventually(async () => (await ask('no-restarts')).result === 'fail');
    const failed = await ask('no-restarts');
    expect(failed.message).to.match(
      /^shop\/web-\S+ container main: 1 restart\(s\), last: exit code \d+ \(\w+\)$/,
    );
    await settle();
    await ask('workloads-available'); // from here on that one belongs to the start
    const passed = await ask('no-restarts');
    expect(passed.result, passed.message).to.equal('pass');
    expect(passed.message).to.contain('while everything came up: shop/web-');
  });

  it('services-reachable: nobody listens, nobody is ready; what is not asked is told', async () => {
    const outside = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'shop',
        name: 'partner-1',
        labels: { 'kubernetes.io/service-name': 'partner' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      endpoints: [{ addresses: ['198.51.100.7'], conditions: { ready: true } }],
    };
    const port80 = [{ name: 'http', port: 80 }];
    await create(
      site.cluster,
      service('shop', 'headless', { clusterIP: 'None', selector: { app: 'web' }, ports: port80 }),
      service('shop', 'unserved', { selector: { app: 'nobody' }, ports: port80 }),
      service('shop', 'partner', { ports: port80 }),
      outside,
    );
    const fine = await ask('services-reachable');
    expect(fine.result, fine.message).to.equal('pass');
    expect(fine.message)
      .to.contain('3 TCP port(s)')
      .and.contain('shop/headless (headless)')
      .and.contain('shop/partner (leads out of the cluster, to 198.51.100.7)')
      .and.contain('and 1 more');

    const never = pausing({ readinessProbe: NEVER_READY });
    await create(
      site.cluster,
      service('shop', 'deaf', { selector: { app: 'db' }, ports: port80 }),
      service('shop', 'starting', { selector: { app: 'starting' }, ports: port80 }),
      deployment('shop', 'starting', never),
    );
    await eventually(async () => (await kubectl('get', 'pods', '-n', 'shop')).includes('starting'));
    await eventually(async () => (await kubectl('get', 'endpoints', 'deaf', '-n', 'shop')).includes(':80'));
    const { signal } = site.context;
    const late = await waitSettled(site.cluster, { signal, deadlineMs: 3_000, harnessNamespaces: [] });
    expect(late.stuck).to.equal(false);
    expect(late.unsettled.map(({ what }) => what)).to.deep.equal(['shop/Deployment/starting']);
    expect(late.unsettled[0]?.why).to.match(/is not ready; last warning: Unhealthy: Readiness probe/);
    const { result, message } = await ask('services-reachable');
    expect(result).to.equal('fail');
    expect(message.split('; ')).to.have.length(3);
    expect(message)
      .to.contain('Service shop/starting has no ready endpoint')
      .and.match(/Service shop\/deaf:80 is not reached from a pod: .*connection refused/)
      .and.match(/Service shop\/deaf:80 is not reached from the node: .*connection refused/);

    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'closed' },
      spec: { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] },
    };
    await create(site.cluster, policy);
    await kubectl('delete', 'deployment/starting', 'service/starting', '-n', 'shop');
    expect((await ask('services-reachable')).message).to.match(
      /^Service shop\/deaf:80 is not reached from the node: .*connection refused$/,
    );
    await kubectl('delete', 'service', '--all', '-n', 'shop');
  });

  it('pods-come-back: an image that is no longer in the store stays away', async () => {
    const before = await pods('shop');
    const { result, message } = await ask('pods-come-back');
    expect(result, message).to.equal('pass');
    const now = await pods('shop');
    expect(now).to.have.length(before.length);
    expect(now.filter((uid) => before.includes(uid))).to.deep.equal([]);

    const copy = 'airgap.local/copy:1';
    await sh(
      site.node,
      `${K3S.binary} ctr -n k8s.io images tag ${site.assets.canaryRef} ${copy} 2>/dev/null`,
    );
    await create(site.cluster, deployment('shop', 'copied', pausing({ image: copy })));
    expect(await settle()).to.deep.equal({ unsettled: [], stuck: false });
    await sh(site.node, `${K3S.binary} ctr -n k8s.io images rm --sync ${copy} 2>/dev/null`);
    await eventually(
      async () =>
        !(await sh(site.node, `${K3S.binary} ctr -n k8s.io images ls -q 2>/dev/null`)).includes(copy),
    );
    const gone = await ask('pods-come-back');
    expect(gone.result).to.equal('fail');
    expect(gone.message).to.match(
      /^shop\/Deployment\/copied: 0 of 1 replicas available: container main of pod copied-\S+ \(airgap\.local\/copy:1\): (ErrImagePull|ImagePullBackOff)/,
    );
  });

  it('no-image-pulls: the image and the pod that wanted it', async () => {
    const { result, message } = await ask('no-image-pulls');
    expect(result).to.equal('fail');
    expect(message).to.match(/^airgap\.local\/copy:1 was asked of its registry for pod shop\/copied-\S+$/);
  });

  it('a failure brings the cluster’s state, K3s’s log, and what is not well in full', async () => {
    const { evidence } = await ask('workloads-available');
    const files = evidence.map(({ file }) => file ?? '');
    expect(
      files.map((file) => file.replace(/copied-.*/, 'copied').replace(/-\d+\.txt$/, '.txt')),
    ).to.deep.equal([
      'evidence/workloads-available-cluster.txt',
      'evidence/workloads-available-k3s-log.txt',
      'evidence/workloads-available-shop-copied',
    ]);
    const [cluster, log, pod] = await Promise.all(
      files.map(async (file) => await readFile(join(site.dir, file), 'utf8')),
    );
    expect(cluster).to.contain('$ kubectl get events -A').and.contain('deployment.apps/copied');
    expect(log).to.contain('coredns');
    expect(pod).to.contain('Back-off pulling image').and.contain('--previous');
    await kubectl('delete', 'deployment', 'copied', '-n', 'shop', '--wait');
  });

  it('a helper pod that cannot start is an error of the harness, no failure of the bundle', async () => {
    const helper = { namespace: 'airgap-other', image: 'registry.example/absent:1' };
    const { result, message } = await ask('cluster-dns', { helper });
    expect(result).to.equal('error');
    expect(message)
      .to.contain('the harness’s own pod airgap-other/probe does not start')
      .and.contain('ErrImageNeverPull');
  });

  it('cluster-dns: nobody answers', async () => {
    await kubectl('scale', 'deployment/coredns', '-n', 'kube-system', '--replicas=0');
    await kubectl(
      'wait',
      '--for=delete',
      'pod',
      '-l',
      'k8s-app=kube-dns',
      '-n',
      'kube-system',
      '--timeout=60s',
    );
    const { result, message } = await ask('cluster-dns');
    expect(result).to.equal('fail');
    expect(message).to.match(/^kubernetes\.default\.svc is not answered in a pod: lookup/);
  });

  async function pods(ns: string): Promise<string[]> {
    const { items } = await site.cluster.config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: ns });
    return items.map(({ metadata }) => metadata?.uid ?? '');
  }

  /** Ends the program of the first container of a Deployment's pod, from the node. */
  async function killContainer(app: string): Promise<void> {
    const { items } = await site.cluster.config
      .makeApiClient(CoreV1Api)
      .listNamespacedPod({ namespace: 'shop', labelSelector: `app=${app}` });
    const id = items[0]?.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
    await sh(site.node, `${K3S.binary} ctr -n k8s.io tasks kill -s SIGKILL ${id} 2>/dev/null`);
  }
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < 60; tried += 1) {
    if (await holds()) return;
    await sleep(500);
  }
  expect.fail('it did not come true in 30 s');
}
