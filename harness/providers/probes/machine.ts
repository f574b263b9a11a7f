// SPDX-License-Identifier: Apache-2.0
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, release } from 'node:os';
import { rootless } from '../../core/rootless.ts';
import { hostRunner } from '../../core/runner.ts';
import { PROVIDERS } from '../provider.ts';
import { stateDirectory } from '../session-record.ts';
import { tryNamespaces } from '../user-namespace.ts';
import { LackError, type Probe } from './probe.ts';

const TOOLS = ['bash', 'nsenter', 'unshare', 'setsid', 'ip', 'nft', 'tar', 'cp', 'rm'];
const GIB = 1024 ** 3;
/** A node with its control plane takes about 0.5 GiB; a small bundle beside it as much. */
const LEAST_MEMORY = 2 * GIB;
/** Images are kept twice: in the bundle's archive and in the node's store. */
const LEAST_DISK = 5 * GIB;
const OVERLAYFS_MAGIC = 0x794c7630; // statfs(2)

/** What the machine is and has. */
export const machineProbes: readonly Probe[] = [
  {
    id: 'linux-x64',
    neededBy: PROVIDERS,
    remedy: 'use a 64-bit x86 Linux machine',
    async attempt() {
      if (process.platform === 'linux' && process.arch === 'x64') return `Linux ${release()}`;
      throw new Error(`this is ${process.platform} on ${process.arch}`);
    },
  },
  {
    id: 'root',
    neededBy: ['netns', 'container'],
    remedy: 'run as root (sudo npm ...)',
    async attempt() {
      const uid = rootless()?.uid ?? process.geteuid?.();
      if (uid === 0) return 'effective user is root';
      throw new Error(`effective user id is ${uid}`);
    },
  },
  {
    id: 'user-namespace',
    neededBy: ['vm'],
    remedy: 'run as root (sudo npm ...)',
    async attempt() {
      if (rootless() !== null) return 'root of namespaces of its own, which reach no network of this machine';
      if (process.geteuid?.() === 0) return 'root needs none';
      const refusal = await tryNamespaces();
      throw refusal === null
        ? new Error('this process is in none of its own')
        : new LackError(refusal.reason, refusal.remedy);
    },
  },
  {
    id: 'tools',
    neededBy: PROVIDERS,
    remedy: 'run: npm run setup',
    async attempt() {
      const script = 'for tool in "$@"; do command -v "$tool" >/dev/null || echo "$tool"; done';
      const { stdout } = await hostRunner.run(['sh', '-c', script, 'sh', ...TOOLS]);
      if (stdout === '') return TOOLS.join(' ');
      throw new Error(`missing: ${stdout.trim().split('\n').join(' ')}`);
    },
  },
  {
    id: 'memory',
    neededBy: PROVIDERS,
    remedy: 'end other programs, or use a larger machine',
    async attempt() {
      const text = await readFile('/proc/meminfo', 'utf8');
      const bytes = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
      return atLeast(bytes, LEAST_MEMORY, `available, ${availableParallelism()} CPUs`);
    },
  },
  {
    id: 'disk',
    neededBy: PROVIDERS,
    remedy: 'make room, or set AIRGAP_STATE_DIR to a folder on a real disk with room',
    async attempt() {
      const folder = await stateDirectory();
      const { type, bavail, bsize } = await statfs(folder);
      // containerd's overlayfs snapshotter cannot sit on an overlay.
      if (type === OVERLAYFS_MAGIC) throw new Error(`${folder} is on an overlay (a container's root?)`);
      return atLeast(bavail * bsize, LEAST_DISK, `free in ${folder}`);
    },
  },
  {
    id: 'inotify',
    neededBy: [],
    remedy: 'run: sysctl -w fs.inotify.max_user_instances=512',
    async attempt() {
      const text = await readFile('/proc/sys/fs/inotify/max_user_instances', 'utf8');
      if (Number(text) >= 128) return `${text.trim()} instances a user`;
      throw new Error(`${text.trim()} instances a user; kubelet, container runtime and workloads share them`);
    },
  },
  {
    id: 'cap-sys-resource',
    neededBy: [],
    remedy: 'none needed: the node is configured for it (containers then cannot lower their OOM score)',
    async attempt() {
      const text = await readFile('/proc/self/status', 'utf8');
      const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(text)?.[1] ?? '0'}`);
      // capability.h: CAP_SYS_RESOURCE is bit 24
      if ((effective >> 24n) & 1n) return 'present';
      throw new Error('this machine does not give it to root');
    },
  },
];

function atLeast(bytes: number, least: number, what: string): string {
  const shown = `${(bytes / GIB).toFixed(1)} GiB ${what}`;
  if (bytes >= least) return shown;
  throw new Error(`${shown}; at least ${least / GIB} GiB are needed`);
}
