// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAssets } from '../../../harness/core/assets.ts';
import { startClock } from '../../../harness/core/clock.ts';
import { ipBatch, netnsPath } from '../../../harness/core/namespace.ts';
import { hasSink, type Profile, TRAP_PORT } from '../../../harness/core/profile.ts';
import { PROXY } from '../../../harness/core/proxy.ts';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import { planGap } from '../../../harness/gap/plan-gap.ts';
import { answersIn, canaryArguments } from '../../../harness/observe/canary/encode.ts';
import type { PlannedCanary } from '../../../harness/observe/canary/plan.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { startSink } from '../../../harness/observe/sink/start-sink.ts';
import { makeLink } from '../../../harness/providers/node-network.ts';
import { openSession } from '../../../harness/providers/session.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';
import { REPO_ROOT } from '../support/needs.ts';
import { addressesAreUsable } from '../support/usable-addresses.ts';

const APPLICATION = fileURLToPath(new URL('programs/application.ts', import.meta.url));

export interface Try {
  readonly kind: 'tcp' | 'udp' | 'name';
  /** For `name` the name. */
  readonly address: string;
  readonly port: number;
  /** For `name`: the DNS server that is asked. @default the node's resolver */
  readonly server?: string;
}

/** A gap as a run makes it, with a bare node and a pod behind its bridge: no Kubernetes, nothing else in them. */
export interface BareSite extends AsyncDisposable {
  readonly gap: Gap;
  readonly log: MemoryLog;
  /** Paths of the namespaces of the node and the pod. */
  readonly netns: { readonly node: string; readonly pod: string };
  /** What an application there meets, in the order of its tries. */
  readonly applicationMeets: (place: 'node' | 'pod', tries: readonly Try[]) => Promise<string[]>;
  /** What canaries met that are made there. */
  readonly canariesMeet: (
    place: 'node' | 'pod',
    plan: readonly PlannedCanary[],
  ) => Promise<ReturnType<typeof answersIn>>;
  /** After it resolves all that happened is in the log. */
  readonly flush: () => Promise<void>;
}

/** Opens the gap of a profile, its observers in the sink, and gives it a node. Disposing removes all of it. */
export async function openBareSite(
  profile: Profile,
  {
    forwarding = false,
    services = [],
  }: {
    readonly forwarding?: boolean;
    readonly services?: readonly { readonly name: string; readonly address: string }[];
  } = {},
): Promise<BareSite> {
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession({ outDir: tmpdir() }));
  const gap = stack.use(await openGap(session, planGap(profile, undefined, services), { forwarding }));
  const names = { node: `${session.label}-bare`, pod: `${session.label}-pod` };
  for (const name of Object.values(names)) {
    await ipBatch(hostRunner, [`netns add ${name}`]);
    stack.defer(async () => await ipBatch(hostRunner, [`netns delete ${name}`]));
  }
  await makeLink(hostRunner, { node: names.node, sink: `${session.label}-sink` }, gap.link);
  await addPod(names);
  await addressesAreUsable([gap.netns.sink, netnsPath(names.node)]);
  const outDir = await mkdtemp(join(tmpdir(), 'airgap-profile-'));
  stack.defer(async () => await rm(outDir, { recursive: true }));
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());
  const options = {
    log,
    clock,
    node: 'n1',
    vantage: gap.vantage,
    outDir,
    inside: INSIDE,
    netns: gap.netns.sink,
  };
  const trap = profile === 'trap';
  const mode = trap ? 'trap' : 'proxy';
  const port = trap ? TRAP_PORT : PROXY.port;
  const dns = stack.use(await startDns({ ...options, addresses: ['10.99.0.2', 'fd99::2'], trap }));
  const sink = hasSink(profile) ? stack.use(await startSink({ ...options, mode, port })) : null;
  const all = stack.move();
  return {
    gap,
    log,
    netns: { node: netnsPath(names.node), pod: netnsPath(names.pod) },
    applicationMeets: async (place, tries) => {
      const argv = [process.execPath, APPLICATION, JSON.stringify(tries)];
      const enter = ['nsenter', `--net=${netnsPath(names[place])}`, '--'];
      const met: string[] = JSON.parse(await runOrThrow(hostRunner, [...enter, ...argv]));
      return met;
    },
    canariesMeet: async (place, plan) => {
      const { agent } = await readAssets(REPO_ROOT);
      const enter = ['nsenter', `--net=${netnsPath(names[place])}`, '--'];
      return answersIn(await runOrThrow(hostRunner, [...enter, agent, ...canaryArguments(plan, 1)]));
    },
    flush: async () => {
      await dns.flush();
      await sink?.flush();
    },
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

/** cni0 with one pod, 10.42.0.5, which is masqueraded as the bridge plugin of the CNI does it. */
async function addPod({ node, pod }: { node: string; pod: string }): Promise<void> {
  const nat =
    'table ip masq { chain post { type nat hook postrouting priority srcnat; ip saddr 10.42.0.0/24 ip daddr != 10.42.0.0/24 masquerade; }; }';
  await ipBatch(hostRunner, [
    `link add cni0 netns ${node} type bridge`,
    `link add podv netns ${node} type veth peer name eth0 netns ${pod}`,
  ]);
  const inNode = `ip link set cni0 up; ip address add 10.42.0.1/24 dev cni0; ip link set podv master cni0 up; nft '${nat}'`;
  const inPod =
    'ip link set lo up; ip link set eth0 up; ip address add 10.42.0.5/24 dev eth0; ip route add default via 10.42.0.1';
  for (const [name, script] of [
    [node, inNode],
    [pod, inPod],
  ] as const)
    await runOrThrow(hostRunner, ['nsenter', `--net=${netnsPath(name)}`, '--', 'sh', '-ec', script]);
}
