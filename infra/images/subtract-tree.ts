// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes from `tree` what `base` has as well, so that `tree` becomes the layer that goes on top of `base`. Both
 * come from the same Debian packages: a file of equal path, kind, mode and length is taken for the same file.
 */
export async function subtractTree(tree: string, base: string): Promise<void> {
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const [here, there] = [join(tree, entry.name), join(base, entry.name)];
    const below = await lstat(there).catch(() => null);
    if (below === null) continue;
    if (entry.isDirectory()) {
      await subtractTree(here, there);
      if ((await readdir(here)).length === 0) await rmdir(here);
      continue;
    }
    const above = await lstat(here);
    if (above.mode === below.mode && above.size === below.size) await rm(here);
  }
}
