// SPDX-License-Identifier: Apache-2.0
import {
  appendFile,
  chmod,
  copyFile,
  glob,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HarnessError } from '../../harness/core/errors.ts';
import { NODE_FILES } from '../node-image/definition.ts';
import type { AptSource } from '../setup/apt-source.ts';
import { makeDebianTree } from '../setup/debian-tree.ts';
import { runSealed, type RunOptions } from '../setup/exec.ts';
import { BOOT_MODULES, DISK_MIB, GUEST_TREE, MASKED_UNITS } from './definition.ts';
import { GUEST_FILES, writeGuestFiles } from './guest-files.ts';

/** Names of what `buildVmImage` makes, in its folder; `guest` is a folder (guest-files.ts). */
export const VM_FILES = { disk: 'disk.qcow2', kernel: 'vmlinuz', initrd: 'initrd', guest: 'guest' } as const;

/**
 * Makes a virtual machine's parts of Debian packages: disk (nothing is mounted for it), kernel and initial RAM disk; and what a
 * user's cloud image gets to be one.
 *
 * @param scratch a folder for what is not kept, on a disk with room
 * @throws HarnessError (setup)
 */
export async function buildVmImage(
  folder: string,
  scratch: string,
  source: AptSource,
  options: RunOptions,
): Promise<void> {
  const tree = join(scratch, 'tree');
  await makeDebianTree(tree, { ...GUEST_TREE, prune: [] }, source, options);
  await copyFile(await kernelOf(tree), join(folder, VM_FILES.kernel));
  await makeInitrd(tree, join(scratch, 'initrd'), join(folder, VM_FILES.initrd), options);
  const guest = join(folder, VM_FILES.guest);
  await writeGuestFiles(guest, scratch, options);
  await furnish(tree, guest, options);
  const raw = join(scratch, 'disk.raw');
  await runSealed(['mke2fs', '-q', '-t', 'ext4', '-d', tree, '-m', '0', raw, `${DISK_MIB}M`], options);
  const image = join(folder, VM_FILES.disk);
  await runSealed(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, image], options);
  await rm(tree, { recursive: true });
}

async function kernelOf(tree: string): Promise<string> {
  const [name] = (await readdir(join(tree, 'boot'))).filter((file) => file.startsWith('vmlinuz-'));
  if (name === undefined) {
    throw new HarnessError('the guest’s tree holds no kernel (boot/vmlinuz-*)', { code: 'setup' });
  }
  return join(tree, 'boot', name);
}

/** A static busybox and the modules of the disk: 1 MB, where a distribution's own takes seconds to unpack when emulated. */
async function makeInitrd(tree: string, folder: string, to: string, options: RunOptions): Promise<void> {
  for (const path of ['bin', 'dev', 'proc', 'root', 'modules']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await copyFile(join(tree, 'bin/busybox'), join(folder, 'bin/busybox'));
  await copyFile(join(import.meta.dirname, 'initrd-init'), join(folder, 'init'));
  await chmod(join(folder, 'init'), 0o755);
  const [release = ''] = await readdir(join(tree, 'lib/modules'));
  for (const path of BOOT_MODULES) {
    const module = join(tree, 'lib/modules', release, 'kernel', `${path}.ko`);
    await copyFile(module, join(folder, 'modules', basename(module)));
  }
  const order = BOOT_MODULES.map((path) => `${basename(path)}\n`).join('');
  await writeFile(join(folder, 'modules/order'), order);
  const pack = 'cd "$1" && find . | "$1/bin/busybox" cpio -o -H newc | gzip -9 >"$2"';
  await runSealed(['sh', '-ec', pack, 'sh', folder, to], options);
}

/** The tree's own files: those of every node, the units that take the parts of a node, and no unit that makes noise. */
async function furnish(tree: string, guest: string, options: RunOptions): Promise<void> {
  for (const pattern of [...GUEST_TREE.prune, 'boot/*', 'lib/modules/*/kernel/sound']) {
    for await (const path of glob(pattern, { cwd: tree })) {
      await rm(join(tree, path), { recursive: true, force: true });
    }
  }
  for (const [path, content] of Object.entries(NODE_FILES)) await writeFile(join(tree, path), content);
  for (const file of GUEST_FILES.accounts) {
    await appendFile(join(tree, 'etc', file), await readFile(join(guest, file)));
  }
  // No fstab: the root is mounted, and waiting for udev to say so again takes an emulated guest 20 s.
  await rm(join(tree, 'etc/fstab'), { force: true });
  const units = join(tree, 'etc/systemd/system');
  for (const unit of MASKED_UNITS) {
    await rm(join(units, unit), { force: true });
    await symlink('/dev/null', join(units, unit));
  }
  await runSealed(['tar', '-C', tree, '-xf', join(guest, GUEST_FILES.tree)], options);
}
