// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runSealed, type RunOptions } from '../setup/exec.ts';
import { LEFT_ALONE, MANAGER, WANTED_BY } from './definition.ts';

const GUEST = join(import.meta.dirname, 'guest');
const PREPARE = join(import.meta.dirname, 'cloud/prepare.sh');

/** What `writeGuestFiles` makes, by its names. */
export const GUEST_FILES = {
  tree: 'guest.tar',
  prepare: 'prepare.sh',
  accounts: Object.keys(MANAGER),
} as const;

/**
 * What a machine has of ours, whoever made its disk, in one folder: `guest.tar` (files and links below /, no folders, so that those of
 * a system stay as they are), lines for /etc/passwd, group and shadow, and the script with which cloud-init puts them in.
 *
 * @param scratch a folder for what is not kept
 * @throws HarnessError (setup)
 */
export async function writeGuestFiles(folder: string, scratch: string, options: RunOptions): Promise<void> {
  const root = join(scratch, 'guest');
  const put = async (path: string, make: (to: string) => Promise<void>): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await make(join(root, path));
  };
  for (const name of await readdir(GUEST)) {
    const to = name.endsWith('.sh') ? `usr/lib/airgap/${name}` : `etc/systemd/system/${name}`;
    await put(to, async (path) => {
      await copyFile(join(GUEST, name), path);
      await chmod(path, 0o644);
    });
  }
  for (const [unit, target] of Object.entries(WANTED_BY)) {
    await put(
      `etc/systemd/system/${target}.wants/${unit}`,
      async (path) => await symlink(`../${unit}`, path),
    );
  }
  for (const [path, content] of Object.entries(LEFT_ALONE)) {
    await put(path, async (to) => await writeFile(to, content, { mode: 0o644 }));
  }
  await mkdir(folder, { recursive: true });
  // Equal files, equal bytes: the key of a prepared image is made of them.
  const pack =
    'cd "$1" && find . ! -type d | LC_ALL=C sort | tar --owner=0 --group=0 --numeric-owner --mtime=@0 --format=gnu -cf "$2" -T -';
  await runSealed(['sh', '-ec', pack, 'sh', root, join(folder, GUEST_FILES.tree)], options);
  await copyFile(PREPARE, join(folder, GUEST_FILES.prepare));
  for (const [file, line] of Object.entries(MANAGER)) await writeFile(join(folder, file), `${line}\n`);
}
