// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Bundle } from '../core/bundle.ts';
import { HELM } from '../core/chart.ts';
import { type Clock, clockOf } from '../core/clock.ts';
import type { CheckContext, Cluster } from '../core/cluster.ts';
import { releasesOf } from '../core/releases.ts';
import type { LinkPlan, RunningNode } from '../core/node.ts';
import type { RunningObserver } from '../core/observer.ts';
import { TRAP_PORT } from '../core/profile.ts';
import { PROXY } from '../core/proxy.ts';
import { openGap } from '../gap/open-gap.ts';
import { planGap } from '../gap/plan-gap.ts';
import type { GapFact } from '../gap/judge-gap.ts';
import { lookAtGap, verifyGap } from '../gap/verify-gap.ts';
import type { DiodeOptions } from '../observe/canary/diode.ts';
import { planCanaries } from '../observe/canary/plan.ts';
import { runNodeCanaries } from '../observe/canary/run.ts';
import { startCapture } from '../observe/capture/start-capture.ts';
import { startDns } from '../observe/dns/start-dns.ts';
import { startSink } from '../observe/sink/start-sink.ts';
import { startPods } from '../observe/pods/start-pods.ts';
import { followRoutes } from '../observe/routes/follow-routes.ts';
import { PROBE_NAMESPACE, type Plan } from '../plan/plan.ts';
import { makeProvider } from '../providers/make-provider.ts';
import type { ProviderId } from '../providers/provider.ts';
import { openSession } from '../providers/session.ts';
import { makeCluster } from '../site/cluster.ts';
import { contractState } from '../site/contract-record.ts';
import { readDistribution } from '../site/distribution.ts';
import { shownOf } from '../site/drop-ins.ts';
import { type K3sOptions, startK3s } from '../site/k3s.ts';
import { restartK3sNode } from '../site/k3s-again.ts';
import { k3sService } from '../site/k3s-service.ts';
import { serviceRouteLimit } from '../site/service-route.ts';
import { proxyFiles } from '../site/proxy-files.ts';
import { type RunningSite, startSite } from '../site/services/start-site.ts';
import { trustAuthority } from '../site/trust.ts';
import type { RunFold } from '../verdict/run-fold.ts';
import type { EventLog } from './event-log.ts';
import type { Inspected } from './inspect.ts';
import type { ChosenKubernetes } from './kubernetes.ts';
import { leftOutParts, traefikConfigLimit } from './needed-parts.ts';
import { outsideProbe } from './outside-probe.ts';
import { flushAll, refuseLeak } from './prove.ts';
import { watchNode, writeClock } from './watch-node.ts';

const IMAGES_DIR = '/var/lib/rancher/k3s/agent/images';
const K3S_PATH = '/usr/local/bin/k3s';

/** The site that is up. */
export interface Provisioned {
  readonly node: RunningNode;
  readonly link: LinkPlan;
  /** Looks at the gap again, with all that runs in it by now. */
  isolation(): Promise<GapFact[]>;
  readonly cluster: Cluster;
  /** Cuts the node's power and starts it again; resolves when its Kubernetes is back. */
  restart(): Promise<void>;
  readonly observers: readonly RunningObserver[];
  readonly helper: { readonly namespace: string; readonly image: string };
  /** Where the sink is watched, and its network namespace. */
  readonly sink: Pick<DiodeOptions, 'vantage' | 'netns'>;
  /** For checks: asks from the sink. */
  readonly outside: CheckContext['outside'];
  /** Path of K3s's log on this machine. */
  readonly k3sLog: string;
  /** What the simulated site offers; null: nothing. */
  readonly services: RunningSite | null;
  /** From now on disposing leaves node and gap up, for `airgap shell`. */
  keep(): Promise<void>;
}

export interface ProvisionContext {
  readonly inspected: Inspected;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly signal: AbortSignal;
  /** Everything made is put on it before it is used: it is the way out. */
  readonly stack: AsyncDisposableStack;
  /** Filled in order of their start. They are ended before the stack: what they watch must outlive them. */
  readonly observers: RunningObserver[];
  readonly provider: ProviderId;
  readonly kubernetes: ChosenKubernetes;
  /** Root file system of the node. */
  readonly nodeRoot: string;
  readonly assets: Assets;
  /** Folder of the cache. */
  readonly cache: string;
  readonly faults: readonly string[];
  readonly outDir: string;
  readonly fold: RunFold;
}

/**
 * Gap, observers, node, the first canaries, and only then Kubernetes. Throws HarnessError: `harness` when the site cannot be
 * made or the gap is open, `bundle` when the bundle's own K3s ends.
 */
export async function provision(context: ProvisionContext): Promise<Provisioned> {
  const { inspected, plan, clock, log, signal, stack, observers, outDir, fold } = context;
  const { kubernetes, nodeRoot, assets, faults } = context;
  const contract = contractState(kubernetes.binary, context.cache);
  const gapPlan = planGap(plan.profile, plan.inside, plan.services);
  const session = stack.use(await openSession({ outDir }));
  const gap = stack.use(await openGap(session, gapPlan, { forwarding: faults.includes('sink-forwarding') }));
  const { gate, bundle } = inspected;
  const { services, zone } = plan;
  const siteOptions = { session, services, netns: gap.netns.services, gate, bundle, assets, outDir, log };
  const site = services.length === 0 ? null : stack.use(await startSite(siteOptions));

  const archives = [...kubernetes.platformArchives, ...bundle.imageArchives, assets.canaryImage];
  const k3sLog = join(outDir, 'k3s.log');
  const isProxy = plan.profile === 'proxy';
  const files = [...(site?.nodeFiles ?? []), ...(isProxy ? proxyFiles(plan.inside, namesOf(zone)) : [])];
  const k3sOptions: K3sOptions = {
    binary: K3S_PATH,
    installer: kubernetes.installer,
    config: inspected.bundle.kubernetes.config,
    registries: inspected.bundle.kubernetes.registries,
    blame: isOwnKubernetes(kubernetes, inspected) ? 'harness' : 'bundle',
    link: gap.link,
    files,
    logFile: k3sLog,
    signal,
  };
  const service = await k3sService(plan.node.name, k3sOptions);
  // Also what is saved for later runs is started in a gap that was looked at.
  const startBehindGap = async (node: RunningNode): Promise<void> => {
    await verifyGap(node, gap);
    await service.start(node);
  };
  const prepared = stack.use(
    await makeProvider(context.provider, assets).prepare(session, {
      name: plan.node.name,
      image: nodeRoot,
      link: gap.link,
      resolver: plan.inside.resolvers[0] ?? '',
      memoryMiB: plan.node.memoryMiB,
      pids: plan.node.pids,
      clockAheadMs: plan.node.clockAheadMs,
      ...(plan.node.diskMiB === undefined ? {} : { diskMiB: plan.node.diskMiB }),
      binds: [
        { from: kubernetes.binary, to: K3S_PATH },
        ...imageBinds(archives),
        ...helmBind(inspected.bundle, assets),
      ],
      // A node that gets what was made for this run is no node that was saved before it.
      ...(site === null && files.length === 0
        ? { service: { key: service.key, start: startBehindGap } }
        : {}),
    }),
  );

  const { vantage } = prepared;
  for (const { id, message } of [...(prepared.limits ?? []), ...serviceRouteLimit(gap.link)])
    log.append({ type: 'limit', id, message });
  writeClock(log, vantage);
  const { bufferFactor } = plan;
  const shared = { log, node: plan.node.name, outDir, inside: plan.inside, bufferFactor };
  const atNode = { ...shared, vantage, clock: clockOf(vantage.clock, clock) };
  const atSink = { ...shared, vantage: gap.vantage, clock };
  const { sink, witness } = gap.netns;
  const trap = plan.profile === 'trap';
  const watch = async (observer: Promise<RunningObserver>): Promise<void> => {
    observers.push(await observer);
  };
  // What this machine cannot have is no part of the plan any more.
  const { observers: available } = plan;
  const routing = available.includes('routes')
    ? followRoutes({ ...atNode, label: session.label, launcherTid: prepared.launcherTid })
    : null;
  const captures = [
    { id: 'witness', netns: witness, device: gap.link.witnessInterface },
    { id: 'link', netns: sink, device: gap.link.sinkInterface },
  ] as const;
  await Promise.all([
    ...captures
      .filter(({ id }) => available.includes(id))
      .map(async (one) => await watch(startCapture({ ...atSink, ...one }))),
    watch(startDns({ ...atSink, netns: sink, addresses: plan.inside.resolvers, zone, trap })),
    ...(trap ? [watch(startSink({ ...atSink, netns: sink, mode: 'trap', port: TRAP_PORT }))] : []),
    ...(isProxy ? [watch(startSink({ ...atSink, netns: sink, mode: 'proxy', port: PROXY.port }))] : []),
    ...(routing === null ? [] : [watch(routing)]),
  ]);

  const node = stack.use(await prepared.boot());
  const { pods } = plan.inside;
  const facts = await verifyGap(node, gap, prepared.serviceRuns === true ? { pods } : {});
  log.append({ type: 'isolation', stage: 'boot', facts }, { node: node.name });
  const { profile } = plan;
  const canaries = planCanaries({ place: 'node', stage: 'boot', link: gap.link, profile, available });
  await runNodeCanaries(node, canaries, { log, signal });
  await flushAll({ observers });
  refuseLeak(fold);

  if (site !== null && site.trusted !== null) await trustAuthority(node, site.trusted);
  await watchNode(node, { ...atNode, available }, await routing, (observer) => observers.push(observer));
  const distribution = await readDistribution(node, K3S_PATH);
  log.append({
    type: 'distribution',
    distribution: { ...distribution, from: kubernetes.from, ...(await contract) },
  });
  const leftOut = distribution.standIn ? leftOutParts(kubernetes.platformArchives) : null;
  if (leftOut !== null) log.append({ type: 'limit', id: 'packaged-parts', message: leftOut });
  const unused = distribution.standIn ? traefikConfigLimit(bundle) : null;
  if (unused !== null) log.append({ type: 'limit', id: 'traefik-config', message: unused });

  const k3s = await startK3s(node, {
    ...k3sOptions,
    isRunning: prepared.serviceRuns ?? false,
  });
  for (const file of k3s.added)
    log.append({ type: 'added-file', path: file.path, content: shownOf(file) }, { node: node.name });
  const cluster = makeCluster(node, k3s.config);
  const podWatch = await startPods({ ...atNode, config: k3s.config });
  observers.push(podWatch);
  node.onReboot(podWatch);
  return {
    node,
    link: gap.link,
    sink: { vantage: gap.vantage, netns: sink },
    isolation: async () => await lookAtGap(node, gap, { pods }),
    cluster,
    restart: async () => await restartK3sNode(node, k3sOptions),
    observers,
    helper: { namespace: PROBE_NAMESPACE, image: assets.canaryRef },
    outside: outsideProbe(session.runner, gap.netns.sink, assets.agent),
    k3sLog,
    services: site,
    keep: async () => await session.keep(),
  };
}

/** Each name once: the zone has an entry for each address. */
function namesOf(zone: Plan['zone']): string[] {
  return [...new Set(zone.map(({ name }) => name))];
}

/** Where each archive shows up in the node: in K3s's images directory, under its own name; a taken name gets a number. */
function imageBinds(archives: readonly string[]): { from: string; to: string }[] {
  const taken = new Set<string>();
  return archives.map((from) => {
    let name = basename(from);
    for (let n = 2; taken.has(name); n += 1) name = `${n}-${basename(from)}`;
    taken.add(name);
    return { from, to: `${IMAGES_DIR}/${name}` };
  });
}

/** The bundle's own helm, else setup's; a node without releases gets none. */
function helmBind(bundle: Bundle, assets: Assets): { from: string; to: string }[] {
  return releasesOf(bundle).length === 0 ? [] : [{ from: bundle.helm ?? assets.helm, to: HELM.binary }];
}

/** Nothing of the bundle is in this Kubernetes: when it does not come up, that is not the bundle's fault. */
function isOwnKubernetes({ from }: ChosenKubernetes, { bundle }: Inspected): boolean {
  return from === 'setup' && bundle.kubernetes.config === null && bundle.kubernetes.registries === null;
}
