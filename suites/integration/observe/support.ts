// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startClock } from '../../../harness/core/clock.ts';
import type { RunningCommand } from '../../../harness/core/command.ts';
import { hostVantage } from '../../../harness/core/host-vantage.ts';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import type { ObserverOptions } from '../../../harness/observe/options.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';
import { addressesAreUsable } from '../support/usable-addresses.ts';

/** A bare node with a pod behind a bridge, and a sink with a witness behind it: namespaces and links, nothing in them. */
export interface Site extends AsyncDisposable {
  readonly label: string;
  readonly log: MemoryLog;
  readonly options: ObserverOptions;
  /** Paths for nsenter. */
  readonly netns: {
    readonly node: string;
    readonly pod: string;
    readonly sink: string;
    readonly witness: string;
  };
  /** Runs a shell command in a namespace, untraced. */
  readonly sh: (place: 'node' | 'pod' | 'sink' | 'witness', command: string) => Promise<string>;
}

export interface SiteOptions {
  /** @default false */
  readonly forwarding?: boolean;
  /** False: no cni0 and no pod yet. @default true */
  readonly pod?: boolean;
}

async function ip(line: string): Promise<void> {
  await runOrThrow(hostRunner, ['ip', ...line.split(' ')]);
}

function path(name: string): string {
  return `/run/netns/${name}`;
}

export async function makeSite({ forwarding = false, pod = true }: SiteOptions = {}): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const label = `agr-t${randomBytes(3).toString('hex')}`;
  const names = { node: `${label}-n`, pod: `${label}-p`, sink: `${label}-s`, witness: `${label}-w` };
  const sh: Site['sh'] = async (place, command) =>
    await runOrThrow(hostRunner, ['nsenter', `--net=/run/netns/${names[place]}`, '--', 'sh', '-c', command]);
  for (const name of Object.values(names)) {
    await ip(`netns add ${name}`);
    stack.defer(async () => await ip(`netns delete ${name}`));
  }
  const quiet =
    'echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra; echo 0 >/proc/sys/net/ipv6/conf/default/dad_transmits';
  const forward = forwarding ? 1 : 0;
  for (const place of ['node', 'pod', 'sink', 'witness'] as const)
    await sh(place, `${quiet}; ip link set lo up`);
  await sh('node', 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');
  await sh(
    'sink',
    `echo ${forward} >/proc/sys/net/ipv4/ip_forward; echo ${forward} >/proc/sys/net/ipv6/conf/all/forwarding`,
  );
  await ip(`link add eth0 netns ${names.node} type veth peer name node0 netns ${names.sink}`);
  await ip(`link add up0 netns ${names.sink} type veth peer name eth0 netns ${names.witness}`);
  await sh(
    'node',
    'ip l set eth0 addrgenmode none; ip a add 10.99.0.1/24 dev eth0; ip a add fd99::1/64 dev eth0 nodad; ip l set eth0 up; ip r add 10.43.0.0/16 dev eth0 src 10.99.0.1',
  );
  await sh(
    'sink',
    'ip l set node0 addrgenmode none; ip a add 10.99.0.2/24 dev node0; ip a add fd99::2/64 dev node0 nodad; ip l set node0 up; ip r add 10.42.0.0/16 via 10.99.0.1',
  );
  await sh(
    'sink',
    'ip l set up0 addrgenmode none; ip a add 10.98.0.1/30 dev up0; ip a add fd98::1/64 dev up0 nodad; ip a add fe80::1/64 dev up0 nodad; ip l set up0 up; ip r add default via 10.98.0.2; ip -6 r add default via fd98::2',
  );
  await sh(
    'witness',
    'ip l set eth0 addrgenmode none; ip a add 10.98.0.2/30 dev eth0; ip a add fd98::2/64 dev eth0 nodad; ip l set eth0 up',
  );
  if (pod) await addPod(names, sh);
  const linked = pod ? Object.values(names) : [names.node, names.sink, names.witness];
  await addressesAreUsable(linked.map(path));
  const outDir = await mkdtemp(join(tmpdir(), 'airgap-observe-'));
  stack.defer(async () => await rm(outDir, { recursive: true }));
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());
  const vantage = hostVantage(hostRunner);
  const made = stack.move();
  return {
    label,
    log,
    options: { log, clock, node: 'n1', vantage, outDir, inside: INSIDE },
    netns: {
      node: path(names.node),
      pod: path(names.pod),
      sink: path(names.sink),
      witness: path(names.witness),
    },
    sh,
    [Symbol.asyncDispose]: async () => await made.disposeAsync(),
  };
}

/** cni0 with one pod, 10.42.0.5. */
export async function addPod(
  names: { readonly node: string; readonly pod: string },
  sh: Site['sh'],
): Promise<void> {
  await sh('node', 'ip l add cni0 type bridge; ip l set cni0 up; ip a add 10.42.0.1/24 dev cni0');
  await runOrThrow(hostRunner, [
    'ip',
    'link',
    'add',
    'podv',
    'netns',
    names.node,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    names.pod,
  ]);
  await sh('node', 'ip l set podv master cni0 up');
  await sh('pod', 'ip l set eth0 up; ip a add 10.42.0.5/24 dev eth0; ip r add default via 10.42.0.1');
}

/** A shell that waits, to be traced; what it runs descends from it. */
export interface Launcher extends AsyncDisposable {
  readonly tid: number;
  readonly command: RunningCommand;
  /** Lets it go on into its namespace. */
  go(): void;
  /** Runs a command line in it and returns what that said, standard error as well. */
  run(line: string): Promise<string>;
}

export async function startLauncher(netns: string): Promise<Launcher> {
  const command = hostRunner.spawn([
    'bash',
    '-c',
    'echo $BASHPID; read -r go; exec nsenter "--net=$0" -- bash',
    netns,
  ]);
  const lines = createInterface({ input: command.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the launcher has ended');
    return value;
  };
  command.stderr.resume();
  const tid = Number(await next());
  let count = 0;
  return {
    tid,
    command,
    go: () => void command.stdin.write('go\n'),
    async run(line) {
      count += 1;
      const end = `end-of-${count}`;
      command.stdin.write(`{ ${line}\n} 2>&1; echo; echo ${end}\n`);
      const said: string[] = [];
      for (let text = await next(); text !== end; text = await next()) said.push(text);
      return said.join('\n').trim();
    },
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]();
    },
  };
}
