// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Cluster } from '../../../harness/core/cluster.ts';
import { CANARY_PLACES, type EventOf } from '../../../harness/core/events.ts';
import type { RunningNode } from '../../../harness/core/node.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { canaryArguments } from '../../../harness/observe/canary/encode.ts';
import { planCanaries } from '../../../harness/observe/canary/plan.ts';
import { runNodeCanaries, runPodCanaries } from '../../../harness/observe/canary/run.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { startContainers } from '../../../harness/observe/containers/start-containers.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { startPods } from '../../../harness/observe/pods/start-pods.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { makeCluster } from '../../../harness/site/cluster.ts';
import { startK3s } from '../../../harness/site/k3s.ts';
import { judgedCanaries } from '../../support/judged-canaries.ts';
import { needs } from '../support/needs.ts';
import { type RealNode, realNode } from './real-node.ts';

const { signal } = new AbortController();

describe('the observers of a real Kubernetes node', function () {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let real: RealNode;
  let node: RunningNode;
  let cluster: Cluster;
  const observers: RunningObserver[] = [];

  async function watch(starting: Promise<RunningObserver>): Promise<void> {
    observers.push(stack.use(await starting));
  }

  async function flush(): Promise<void> {
    await Promise.all(observers.map(async (observer) => await observer.flush()));
  }

  async function apply(...objects: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const { exitCode, stderr } = await node.exec(['k3s', 'kubectl', 'apply', '-f', '-'], { stdin });
    expect(exitCode, stderr).to.equal(0);
  }

  /**
   * Waits until something is in the log that a flush cannot hurry: Kubernetes has to do it first. Then all observers are
   * flushed once more, since one may have been asked just before it happened.
   */
  async function eventually(isTrue: () => boolean): Promise<void> {
    for (const start = performance.now(); performance.now() - start < 60_000; await sleep(200)) {
      await flush();
      if (isTrue()) return await flush();
    }
    throw new Error('it did not happen within 60 s');
  }

  function chainOf(key: string | undefined): EventOf<'task'>[] {
    const task = real.log.of('task').findLast((candidate) => candidate.key === key);
    return task === undefined ? [] : [task, ...chainOf(task.parent)];
  }

  before(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
    real = stack.use(await realNode());
    const { options, prepared, gap, label } = real;
    const { link, netns } = gap;
    await watch(
      startCapture({ ...options, id: 'witness', netns: netns.witness, device: link.witnessInterface }),
    );
    await watch(startCapture({ ...options, id: 'link', netns: netns.sink, device: link.sinkInterface }));
    await watch(startDns({ ...options, netns: netns.sink, addresses: options.inside.resolvers }));
    await watch(startRoutes({ ...options, label, launcherTid: prepared.launcherTid }));
    node = stack.use(await prepared.boot());
    await watch(startContainers({ ...options, runningNode: node }));
    await watch(startCapture({ ...options, id: 'cni', netns: prepared.vantage.netns, device: 'cni0' }));
    const k3s = await startK3s(node, {
      binary: '/usr/local/bin/k3s',
      config: null,
      registries: null,
      link,
      logFile: join(options.outDir, 'k3s.log'),
      signal,
    });
    cluster = makeCluster(node, k3s.config);
    await watch(startPods({ ...options, config: k3s.config }));
  });

  after(async () => await stack.disposeAsync());

  it('see nothing outside while nothing but Kubernetes runs', async () => {
    await sleep(3000);
    await flush();
    const outside = real.log.of('sighting').filter(({ to }) => to.protocol !== 'dns' && to.port !== 53);
    expect(outside).to.deep.equal([]);
  });

  it('see the canaries of every place, each by those who should', async () => {
    const plans = CANARY_PLACES.map((place) => planCanaries({ place, stage: 'start', link: real.gap.link }));
    const where = { log: real.log, namespace: 'airgap-canary', image: real.assets.canaryRef, signal };
    await Promise.all(
      plans.map(async (plan) =>
        plan[0]?.place === 'node'
          ? await runNodeCanaries(node, plan, { log: real.log, signal })
          : await runPodCanaries(cluster, plan, where),
      ),
    );
    await flush();
    const judged = judgedCanaries(real.log);
    expect(judged).to.have.length(plans.flat().length);
    const refused = judged.filter(({ result }) => result === 'unavailable').map(({ id }) => id);
    // The kernel's default lets nobody have a ping socket; containerd lets the pods.
    expect(refused.filter((id) => !/^start-(?:node|host-network-pod)-ping[46]$/.test(id))).to.deep.equal([]);
    expect(judged.filter(({ id, result }) => result !== 'pass' && !refused.includes(id))).to.deep.equal([]);
    expect(real.log.of('canary-answer').filter(({ answer }) => answer === 'it was not made')).to.deep.equal(
      [],
    );
    expect(real.log.of('sighting').filter(({ observer }) => observer === 'witness')).to.deep.equal([]);
  });

  it('tell of a pod’s attempt which program, container, pod and Deployment made it', async () => {
    const [canary] = planCanaries({ place: 'pod', stage: 'end', link: real.gap.link });
    const command = ['/airgap-node', ...canaryArguments(canary === undefined ? [] : [canary], 1)];
    await apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [{ name: 'app', image: real.assets.canaryRef, imagePullPolicy: 'Never', command }],
          },
        },
      },
    });
    const ofCanary = (): EventOf<'sighting'>[] =>
      real.log
        .of('sighting')
        .filter(({ to }) => to.address === canary?.to.address && to.port === canary?.to.port);
    await eventually(
      () =>
        ofCanary().some(({ observer }) => observer === 'routes') &&
        ofCanary().some(({ observer }) => observer === 'cni'),
    );
    const route = ofCanary().find(({ observer }) => observer === 'routes');
    const frame = ofCanary().find(({ observer }) => observer === 'cni');
    const chain = chainOf(route?.task);
    expect(chain[0]).to.deep.include({ exe: '/airgap-node' });
    expect(chain.map(({ exe }) => exe.split('/').at(-1))).to.include.members([
      'containerd-shim-runc-v2',
      'k3s',
    ]);
    const container = real.log.of('container').find(({ id }) => id === chain[0]?.container);
    expect(container).to.deep.include({ name: 'app', sandbox: false });
    expect(container?.pod.uid).to.equal(chain[0]?.podUid);
    const pod = real.log.of('pod').findLast((candidate) => candidate.pod.uid === chain[0]?.podUid);
    expect(pod?.owner).to.deep.equal({ kind: 'Deployment', name: 'web' });
    expect(pod?.ips).to.include(frame?.from.address);
    expect(frame?.from.port, 'the look-up’s source port is the frame’s').to.equal(route?.from.port);
  });

  it('tell who wanted an image from a registry, and that the runtime asked for it', async () => {
    await apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace: 'default' },
      spec: {
        schedule: '0 0 1 1 *',
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [{ name: 'job', image: 'registry.example.com/nightly:1' }],
              },
            },
          },
        },
      },
    });
    await cluster.kubectl(['create', 'job', '--from=cronjob/nightly', 'nightly-by-hand']);
    await eventually(() => real.log.of('pull').some(({ outcome }) => outcome === 'failed'));
    const pulls = real.log.of('pull').filter(({ image }) => image === 'registry.example.com/nightly:1');
    expect(pulls.map(({ container }) => container)).to.deep.equal(pulls.map(() => 'job'));
    expect(pulls.map(({ outcome }) => outcome)).to.include.members(['pulling', 'failed']);
    const pod = real.log.of('pod').findLast((candidate) => candidate.pod.uid === pulls[0]?.pod.uid);
    expect(pod?.owner).to.deep.equal({ kind: 'CronJob', name: 'nightly' });
    const asked = real.log.of('sighting').filter(({ to }) => to.name === 'registry.example.com');
    expect(new Set(asked.map(({ observer }) => observer))).to.deep.equal(new Set(['link', 'dns']));
    const ports = new Set(asked.map(({ from }) => from.port));
    const lookup = real.log
      .of('sighting')
      .find(({ observer, from, to }) => observer === 'routes' && to.port === 53 && ports.has(from.port));
    expect(chainOf(lookup?.task).map(({ exe }) => exe.split('/').at(-1))).to.include('containerd');
    expect(chainOf(lookup?.task)[0]?.container).to.equal(undefined);
  });

  it('lost nothing and broke nowhere', async () => {
    await flush();
    for (const { id } of observers) {
      expect(
        real.log.of('health').findLast(({ observer }) => observer === id),
        id,
      ).to.deep.include({ lost: 0 });
    }
    expect(real.log.of('fault')).to.deep.equal([]);
  });
});
