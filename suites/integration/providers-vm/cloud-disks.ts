// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { readAptSource } from '../../../infra/setup/apt-source.ts';
import { AssetCache } from '../../../infra/setup/cache.ts';
import { contentKey } from '../../../harness/core/content-key.ts';
import { makeDebianTree } from '../../../infra/setup/debian-tree.ts';
import { runSealed, type RunOptions } from '../../../infra/setup/exec.ts';
import { lockFile } from '../../../infra/setup/lock.ts';
import { REPO_ROOT } from '../support/needs.ts';

/** A Debian as clouds publish it, and what docs/node-image.md says that it must be given. */
const PACKAGES = [
  'cloud-guest-utils', // growpart
  'cloud-init',
  'e2fsprogs', // resize2fs, and fsck
  'fdisk', // growpart's sfdisk
  'grub-common',
  'grub-pc-bin',
  'initramfs-tools',
  'iproute2',
  'iptables',
  'kmod',
  'linux-image-cloud-amd64',
  'openssh-server',
  'runc',
  'systemd-sysv',
  'tcpdump',
  'udev',
] as const;

const LOADER_MODULES = ['biosdisk', 'part_msdos', 'ext2', 'normal', 'linux', 'serial', 'terminal', 'boot'];

const MIB = 2 ** 20;
const SECTOR = 512;
const DISK_MIB = 2048;
/** Where the one partition begins, as every partitioning program has it; the loader lies before it. */
const START_MIB = 1;

/** A root, a serial console, and a network manager that asks for addresses by DHCP, as on the images of Debian's cloud team. */
const FILES: Readonly<Record<string, string>> = {
  'etc/fstab': 'LABEL=cloud / ext4 rw,discard,errors=remount-ro 0 1\n',
  'etc/hostname': 'localhost\n',
  'etc/machine-id': '',
  'etc/resolv.conf': '',
  'etc/systemd/network/99-dhcp.network': '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n',
  'boot/grub/grub.cfg': `serial --unit=0
terminal_output serial
linux /vmlinuz root=LABEL=cloud ro console=ttyS0
initrd /initrd.img
boot
`,
};

/** Paths of disk images. */
export interface CloudDisks {
  readonly whole: string;
  /** The same without cloud-init. */
  readonly bare: string;
}

/**
 * Two images as a cloud takes them, with boot loader, kernel and systemd; nothing is mounted for them. The first call makes them.
 * Stand-ins: those that distributions publish are not to be had where there is no internet.
 */
export async function cloudDisks(): Promise<CloudDisks> {
  const cache = cacheRoot(process.env);
  await using _lock = await lockFile(join(cache, 'lock'), () => console.log('waiting for a setup that runs'));
  const source = { ...(await readAptSource()), suite: 'bookworm', components: ['main'] };
  const key = await contentKey({
    paths: [import.meta.filename, join(REPO_ROOT, 'infra/setup/debian-tree.ts')],
    values: { mirror: source.mirror },
  });
  const asset = await new AssetCache(cache).get('test-clouds', key, async (folder, scratch) => {
    const began = performance.now();
    const run = { log: join(cache, 'logs', 'test-cloud.log'), env: { TMPDIR: scratch } };
    const tree = join(scratch, 'tree');
    await makeDebianTree(
      tree,
      { variant: 'minbase', packages: PACKAGES, prune: ['var/cache/apt/archives'] },
      source,
      run,
    );
    await furnish(tree, run);
    await writeDisk(tree, { scratch, to: join(folder, 'whole.qcow2') }, run);
    for (const path of ['usr/bin/cloud-init', 'usr/lib/python3/dist-packages/cloudinit']) {
      await rm(join(tree, path), { recursive: true });
    }
    await writeDisk(tree, { scratch, to: join(folder, 'bare.qcow2') }, run);
    await rm(tree, { recursive: true });
    console.log(`made two cloud images in ${Math.round((performance.now() - began) / 1000)} s`);
  });
  return { whole: join(asset.folder, 'whole.qcow2'), bare: join(asset.folder, 'bare.qcow2') };
}

async function furnish(tree: string, run: RunOptions): Promise<void> {
  await mkdir(join(tree, 'boot/grub'), { recursive: true });
  for (const [path, content] of Object.entries(FILES)) {
    await rm(join(tree, path), { force: true });
    await writeFile(join(tree, path), content);
  }
  const names = await readdir(join(tree, 'boot'));
  for (const kind of ['vmlinuz', 'initrd.img']) {
    const [versioned = kind] = names.filter((name) => name.startsWith(`${kind}-`));
    await rm(join(tree, kind), { force: true }); // a link of the kernel's package
    await rename(join(tree, 'boot', versioned), join(tree, kind));
  }
  const core = [
    'grub-mkimage',
    '--format=i386-pc',
    '--output=/boot/grub/core.img',
    '--prefix=(hd0,msdos1)/boot/grub',
  ];
  await runSealed(['chroot', tree, ...core, ...LOADER_MODULES], run);
  await runSealed(['chroot', tree, 'systemctl', 'enable', 'systemd-networkd.service'], run);
}

/** Boot record, partition table, loader and one file system, each at its place in one file. */
async function writeDisk(
  tree: string,
  { scratch, to }: { readonly scratch: string; readonly to: string },
  run: RunOptions,
): Promise<void> {
  const raw = join(scratch, 'disk.raw');
  await rm(raw, { force: true });
  await writeFile(raw, '');
  await truncate(raw, DISK_MIB * MIB);
  const size = DISK_MIB - START_MIB;
  const make = ['mke2fs', '-q', '-t', 'ext4', '-L', 'cloud', '-E', `offset=${START_MIB * MIB}`, '-d', tree];
  await runSealed([...make, raw, `${size}M`], run);
  const record = (await readFile(join(tree, 'usr/lib/grub/i386-pc/boot.img'))).subarray(0, SECTOR);
  const entry = Buffer.alloc(16);
  entry.writeUInt8(0x80, 0); // active
  entry.writeUInt8(0x83, 4); // Linux
  entry.writeUInt32LE((START_MIB * MIB) / SECTOR, 8);
  entry.writeUInt32LE((size * MIB) / SECTOR, 12);
  // boot.img reads what stands in the second sector, and that the sectors after it: as grub-mkimage has them.
  const head = Buffer.concat([record, await readFile(join(tree, 'boot/grub/core.img'))]);
  head.fill(0, 446, 510); // of a boot record for floppies
  entry.copy(head, 446);
  head.writeUInt16LE(0xaa55, 510);
  if (head.length > START_MIB * MIB) throw new Error('the boot loader does not fit before the partition');
  await using file = await open(raw, 'r+');
  await file.write(head, 0, head.length, 0);
  await file.sync();
  await runSealed(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, to], run);
  await rm(raw);
}
