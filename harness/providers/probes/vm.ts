// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { errnoOf } from '../../core/errors.ts';
import { hostRunner } from '../../core/runner.ts';
import { systemReason } from '../../core/system-reason.ts';
import { inNamespaces, LackError, type Probe } from './probe.ts';

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
      await openTun();
      await inNamespaces(['--net'], 'ip tuntap add dev airgap0 mode tap');
      return 'a tap can be made in a network namespace';
    },
  },
];

const TUN = '/dev/net/tun';

/** udev makes it for everybody (0666), and a tap takes more than to open it. Throws LackError. */
async function openTun(): Promise<void> {
  try {
    await (await open(TUN, 'r+')).close();
  } catch (error) {
    const isClosed = errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM';
    throw new LackError(
      `${TUN} cannot be opened: ${systemReason(error)}`,
      isClosed ? `run: sudo chmod 0666 ${TUN}` : 'run: sudo modprobe tun',
    );
  }
}
