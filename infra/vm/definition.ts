// SPDX-License-Identifier: Apache-2.0
import { NODE_IMAGE } from '../node-image/definition.ts';
import type { DebianTree } from '../setup/debian-tree.ts';

/** What the node image lacks to be a machine: a kernel, PID 1, and what the harness needs beside the node's kernel. */
const packages = [
  'busybox-static', // the initial RAM disk
  'linux-image-cloud-amd64',
  'openssh-server', // management, over a serial port only
  'systemd-sysv',
  'tcpdump', // the packet observer of the pods' bridge
  'tiny-initramfs', // the kernel's package wants one; ours is made by build.ts
  'udev',
] as const;

/** The node image as a machine's disk: the same packages, and those. */
export const GUEST_TREE: DebianTree = {
  ...NODE_IMAGE,
  packages: [...NODE_IMAGE.packages, ...packages],
  prune: [...NODE_IMAGE.prune, 'etc/ssh/ssh_host_*', 'var/lib/systemd/random-seed'],
};

/** What would make a noise of its own, or is of no use without a terminal: an idle guest reaches for nothing. */
export const MASKED_UNITS = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty-static.service',
  'getty@tty1.service',
  'modprobe@configfs.service',
  'modprobe@dm_mod.service',
  'modprobe@drm.service',
  'modprobe@efi_pstore.service',
  'modprobe@fuse.service',
  'modprobe@loop.service',
  'serial-getty@ttyS0.service',
  'ssh.service', // never over the link under test
  'systemd-networkd.service',
  'systemd-timesyncd.service',
] as const;

/** Units of guest/ that nothing else starts, and what starts them. */
export const WANTED_BY = {
  'airgap-parts.service': 'sysinit.target',
  'airgap-port.service': 'sysinit.target',
  'airgap-manage.socket': 'sysinit.target',
  'airgap-gate.service': 'basic.target',
  'airgap-node.service': 'multi-user.target',
} as const;

/**
 * The gate gives the node's link its addresses, as the plan says: what else manages networks leaves that one alone, and who waits for
 * a network need not ask it. Of the managers of a user's image; setup's own disk has none that runs.
 */
export const LEFT_ALONE: Readonly<Record<string, string>> = {
  'etc/systemd/network/00-airgap.network': '[Match]\nDriver=virtio_net\n\n[Link]\nUnmanaged=yes\n',
  'etc/NetworkManager/conf.d/00-airgap.conf': '[keyfile]\nunmanaged-devices=driver:virtio_net\n',
  ...Object.fromEntries(
    ['systemd-networkd-wait-online', 'NetworkManager-wait-online'].map((unit) => [
      `etc/systemd/system/${unit}.service.d/airgap.conf`,
      '[Service]\nExecStart=\nExecStart=/bin/true\n',
    ]),
  ),
};

/**
 * Who logs in over the serial port, as lines of files in /etc: an account that can run nothing and be reached by key only,
 * for which three sockets are. Not root: sshd joins unix sockets only for whom it gives its rights up.
 */
export const MANAGER: Readonly<Record<string, string>> = {
  passwd: 'airgap-manage:x:790:790::/nonexistent:/usr/sbin/nologin',
  group: 'airgap-manage:x:790:',
  shadow: 'airgap-manage:*:19000:0:99999:7:::',
};

/** Modules of the initial RAM disk, in the order in which they load (virtio_ring is needed by virtio). */
export const BOOT_MODULES = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
] as const;

/** MiB of the disk; a run may ask for more (its overlay grows, the guest follows). Sparse until it is used. */
export const DISK_MIB = 16 * 1024;
