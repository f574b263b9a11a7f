// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppsV1Api, KubernetesObjectApi, type KubernetesObject } from '@kubernetes/client-node';
import { type Assets, readAssets } from '../../../harness/core/assets.ts';
import { startClock } from '../../../harness/core/clock.ts';
import type { CheckContext, Cluster } from '../../../harness/core/cluster.ts';
import type { EventBody } from '../../../harness/core/events.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { evidenceStore } from '../../../harness/run/evidence.ts';
import { outsideProbe } from '../../../harness/run/outside-probe.ts';
import { makeCluster } from '../../../harness/site/cluster.ts';
import { type K3s, type K3sOptions, startK3s } from '../../../harness/site/k3s.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { bootSite, type TestNode } from '../providers/fixture.ts';
import { REPO_ROOT } from './needs.ts';

export interface K3sNode extends TestNode {
  readonly assets: Assets;
  /** Stands for the run folder. */
  readonly dir: string;
  readonly start: (options?: Partial<K3sOptions>) => Promise<K3s>;
}

export interface KubernetesSite extends K3sNode {
  readonly k3s: K3s;
  readonly cluster: Cluster;
  readonly context: CheckContext;
  /** What checks appended to the log. */
  readonly events: EventBody[];
}

/**
 * A node with a K3s binary and image archives in place, K3s not started. `archives` are placed under their names; `image` is
 * the node's root file system.
 */
export async function bootK3sNode(archives: readonly string[] = [], image?: string): Promise<K3sNode> {
  const assets = await readAssets(REPO_ROOT);
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-site-')));
  await mkdir(join(dir.path, 'evidence'));
  const images = [...assets.k3s.images, assets.canaryImage, ...archives];
  const site = stack.use(
    await bootSite({
      memoryMiB: 4096,
      pids: 4096,
      ...(image === undefined ? {} : { image }),
      binds: [
        { from: assets.k3s.binary, to: K3S.binary },
        ...images.map((from) => ({ from, to: `${K3S.images}/${basename(from)}` })),
      ],
    }),
  );
  const start = async (options: Partial<K3sOptions> = {}): Promise<K3s> =>
    await startK3s(site.node, {
      binary: K3S.binary,
      config: null,
      registries: null,
      link: site.gap.link,
      logFile: join(dir.path, 'k3s.log'),
      signal: new AbortController().signal,
      ...options,
    });
  const all = stack.move();
  return {
    ...site,
    assets,
    dir: dir.path,
    start,
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

/** The same with Kubernetes Ready and its DNS available, and what a check is given. */
export async function bootKubernetes(
  archives: readonly string[] = [],
  image?: string,
): Promise<KubernetesSite> {
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await bootK3sNode(archives, image));
  const k3s = await node.start();
  const cluster = makeCluster(node.node, k3s.config);
  await packagedDns(cluster);
  const events: EventBody[] = [];
  const context: CheckContext = {
    cluster,
    bundle: EMPTY_BUNDLE,
    clock: startClock(),
    log: { append: (event) => void events.push(event) },
    signal: new AbortController().signal,
    helper: { namespace: 'airgap-probe', image: node.assets.canaryRef },
    outside: outsideProbe(node.session.runner, node.gap.netns.sink, node.assets.agent),
    evidence: evidenceStore(node.dir),
  };
  const all = stack.move();
  return {
    ...node,
    k3s,
    cluster,
    context,
    events,
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

/** K3s applies what it brings itself after the node is Ready: a test would meet a cluster without DNS. */
async function packagedDns(cluster: Cluster): Promise<void> {
  const api = cluster.config.makeApiClient(AppsV1Api);
  for (let tried = 0; tried < 100; tried += 1) {
    const found = await api
      .readNamespacedDeployment({ name: 'coredns', namespace: 'kube-system' })
      .catch(() => null);
    if ((found?.status?.availableReplicas ?? 0) > 0) return;
    await sleep(200);
  }
  throw new Error('CoreDNS was not available after 20 s');
}

/** Creates objects, in order. */
export async function create(cluster: Cluster, ...objects: readonly KubernetesObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(cluster.config);
  for (const object of objects) await api.create(object);
}
