// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { access, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ipBatch } from '../../core/namespace.ts';
import { hostRunner } from '../../core/runner.ts';
import { tcpdumpCommand } from '../../core/tcpdump-command.ts';
import { readHierarchies, removeCgroup } from '../cgroup-tree.ts';
import { TRACE_INSTANCES } from '../destroy.ts';
import { makeNodeCgroups, sessionCgroups } from '../node-cgroups.ts';
import { PROVIDERS } from '../provider.ts';
import { openSession } from '../session.ts';
import { stateDirectory } from '../session-record.ts';
import { inNamespaces, type Probe } from './probe.ts';

const PRIVILEGES =
  'run as root on the machine itself, or give the container all capabilities and no seccomp filter';

/** What the kernel lets this process do. Sink and witness stand on this machine, whatever the node is made of. */
export const kernelProbes: readonly Probe[] = [
  {
    id: 'namespaces',
    neededBy: ['netns'],
    remedy: PRIVILEGES,
    async attempt() {
      const all = [
        '--mount',
        '--uts',
        '--ipc',
        '--cgroup',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
      ];
      await inNamespaces(all, 'hostname probe; test "$(hostname)" = probe; test "$$" = 1');
      return 'mount, uts, ipc, cgroup, pid';
    },
  },
  {
    id: 'network-namespaces',
    neededBy: PROVIDERS,
    remedy: PRIVILEGES,
    async attempt() {
      const name = `${probeLabel()}-probe`;
      await ipBatch(hostRunner, [`netns add ${name}`]);
      await ipBatch(hostRunner, [`netns delete ${name}`]);
      await inNamespaces(['--net'], 'ip link add probe0 type veth peer name probe1; ip link set probe0 up');
      return 'named namespaces, veth pairs';
    },
  },
  {
    id: 'bridge-and-nat',
    neededBy: ['netns', 'container'],
    remedy: 'run: modprobe -a bridge nft_masq nf_nat',
    async attempt() {
      await inNamespaces(
        ['--net'],
        'ip link add probe0 type bridge; nft add table ip probe; ' +
          "nft 'add chain ip probe out { type nat hook postrouting priority 100; }'; nft add rule ip probe out masquerade",
      );
      return 'bridges, masquerading by nftables';
    },
  },
  {
    id: 'sink-rules',
    neededBy: [], // profile no-route has no rules
    remedy:
      'run: modprobe -a nft_reject_inet nft_tproxy nft_nat; without them the profiles with a route do not work',
    async attempt() {
      const rules = [
        'table inet probe {',
        'chain answer { type filter hook prerouting priority mangle;',
        'meta nfproto ipv4 meta l4proto tcp tproxy ip to :9 accept; reject with icmpx type admin-prohibited; }',
        'chain questions { type nat hook prerouting priority dstnat;',
        'ip daddr 192.0.2.1 udp dport 53 dnat ip to 192.0.2.2; }',
        '}',
      ].join('\n');
      await inNamespaces(['--net'], `nft '${rules}'; ip rule add fwmark 1 lookup 100; perl -MSocket -e 1`);
      return 'nftables with reject, tproxy and dnat; perl';
    },
  },
  {
    id: 'overlay',
    neededBy: ['netns'],
    remedy: 'run: modprobe overlay; or set AIRGAP_STATE_DIR to a folder on a real disk',
    async attempt() {
      const outDir = await stateDirectory();
      await using session = await openSession({ outDir }); // a probe that is killed leaves nothing that sweep would not find
      await inNamespaces(
        ['--mount'],
        `cd '${session.folder}'; mkdir lower upper work root; ` +
          'mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root; echo x >root/file; test -e upper/file',
      );
      return `overlayfs on ${outDir}`;
    },
  },
  {
    id: 'devices',
    neededBy: ['netns'],
    remedy: PRIVILEGES,
    async attempt() {
      await inNamespaces(
        ['--mount'],
        'mount -t tmpfs tmpfs /mnt; mknod /mnt/kmsg c 1 11; : </mnt/kmsg; mknod /mnt/null c 1 3; : >/mnt/null',
      );
      return 'device files, the kernel log';
    },
  },
  {
    id: 'cgroups',
    neededBy: ['netns'],
    remedy: `${PRIVILEGES}; the memory and pids controllers must be on`,
    attempt: probeCgroups,
  },
  {
    id: 'routing-tracepoints',
    neededBy: [],
    // A node with a kernel of its own is watched in that.
    blinds: { providers: ['netns', 'container'], observers: ['routes'] },
    remedy: 'run: mount -t tracefs tracefs /sys/kernel/tracing; the kernel needs CONFIG_FTRACE',
    attempt: probeTracing,
  },
  {
    id: 'packet-capture',
    neededBy: [],
    blinds: { providers: PROVIDERS, observers: ['link', 'cni', 'witness'] },
    remedy: 'run: npm run setup (installs tcpdump)',
    async attempt() {
      await inNamespaces(
        ['--net'],
        'ip link set lo up; timeout 5 "$@" >/dev/null 2>&1 & ' +
          'for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; echo x >/dev/udp/127.0.0.1/9 || :; done; wait $!',
        ...tcpdumpCommand(['--immediate-mode', '-i', 'lo', '-c', '1', '-w', '-']),
      );
      return 'tcpdump sees a packet';
    },
  },
];

/** Carries a session label, so that even a probe that is killed leaves nothing that sweep would not find. */
function probeLabel(): string {
  return `agr-${randomBytes(3).toString('hex')}`;
}

async function probeCgroups(): Promise<string> {
  const hierarchies = await readHierarchies();
  const controllers = hierarchies.flatMap((hierarchy) => hierarchy.controllers);
  const unified = hierarchies.some((hierarchy) => hierarchy.version === 2);
  const v1 = hierarchies.some((hierarchy) => hierarchy.version === 1);
  for (const name of ['memory', 'pids']) {
    if (v1 && !controllers.includes(name)) throw new Error(`no hierarchy has the controller ${name}`);
  }
  const label = probeLabel();
  try {
    await makeNodeCgroups(label, 'probe', { memoryMiB: 64, pids: 64 });
  } finally {
    for (const folder of await sessionCgroups(label)) await removeCgroup(folder);
  }
  if (!v1) return 'v2 (nodes on cgroup v2 alone are not verified yet), memory and pids limits';
  return `${unified ? 'hybrid' : 'v1'}, memory and pids limits`;
}

async function probeTracing(): Promise<string> {
  await access(TRACE_INSTANCES).catch(() => {
    throw new Error(`${TRACE_INSTANCES} does not exist: tracefs is not mounted`);
  });
  const folder = join(TRACE_INSTANCES, `${probeLabel()}-probe`);
  await mkdir(folder);
  try {
    await writeFile(join(folder, 'tracing_on'), '0');
    await writeFile(join(folder, 'set_event_pid'), String(process.pid));
    for (const event of ['fib/fib_table_lookup', 'fib6/fib6_table_lookup', 'task/task_newtask']) {
      await writeFile(join(folder, 'events', event, 'enable'), '1');
      await writeFile(join(folder, 'events', event, 'enable'), '0');
    }
  } finally {
    await rmdir(folder);
  }
  return 'private instances, fib and fib6 lookups, process events';
}
