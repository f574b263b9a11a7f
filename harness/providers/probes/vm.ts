// SPDX-License-Identifier: Apache-2.0
import { hostRunner } from '../../core/runner.ts';
import { inNamespaces, type Probe } from './probe.ts';

const TOOLS = ['qemu-system-x86_64', 'qemu-img', 'mke2fs'];
const REMEDY = 'run: npm run setup -- --provider vm';

/** What nodes of the provider `vm` need besides. That setup has made one is told when a node is made. */
export const vmProbes: readonly Probe[] = [
  {
    id: 'vm-tools',
    neededBy: ['vm'],
    remedy: REMEDY,
    async attempt() {
      const script = 'for tool in "$@"; do command -v "$tool" >/dev/null || echo "$tool"; done';
      const { stdout } = await hostRunner.run(['sh', '-c', script, 'sh', ...TOOLS]);
      if (stdout !== '') throw new Error(`missing: ${stdout.trim().split('\n').join(' ')}`);
      const version = await hostRunner.run(['qemu-system-x86_64', '--version']);
      return version.stdout.split('\n')[0] ?? '';
    },
  },
  {
    id: 'vm-tap',
    neededBy: ['vm'],
    remedy: 'load the module tun (modprobe tun), and let this machine’s root use /dev/net/tun',
    async attempt() {
      await inNamespaces(['--net'], 'ip tuntap add dev airgap0 mode tap');
      return 'a tap can be made in a network namespace';
    },
  },
];
