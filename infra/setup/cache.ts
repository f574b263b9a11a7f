// SPDX-License-Identifier: Apache-2.0
import { access, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

export interface CachedAsset {
  readonly key: string;
  readonly folder: string;
  /** False when it was there already. */
  readonly made: boolean;
}

const UNFINISHED = '.unfinished-';
const UNUSED_DAYS = 30;

/**
 * `<root>/<asset>/<content key>/`: what setup made, by what it was made from. An asset is made in a folder beside
 * its place and renamed when it is whole, so that a setup that was killed leaves nothing that looks finished.
 * Only the holder of the setup lock may use one.
 */
export class AssetCache {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /**
   * The asset of this key. When it is not there `make` fills the folder it is given; the second folder is for
   * temporary files (TMPDIR), so that those of a killed build are found and removed as well.
   */
  async get(
    asset: string,
    key: string,
    make: (folder: string, scratch: string) => Promise<void>,
  ): Promise<CachedAsset> {
    const folder = join(this.root, asset, key);
    const made = !(await exists(folder));
    if (made) {
      const unfinished = join(this.root, asset, `${UNFINISHED}${key}`);
      const scratch = `${unfinished}-scratch`;
      await mkdir(unfinished, { recursive: true });
      await mkdir(scratch, { recursive: true });
      await make(unfinished, scratch);
      await rm(scratch, { recursive: true });
      await rename(unfinished, folder);
    }
    const now = new Date();
    await utimes(folder, now, now);
    return { key, folder, made };
  }

  /** Removes what killed setups left half made, and assets that no setup asked for in a month. */
  async tidy(): Promise<void> {
    for (const asset of await foldersIn(this.root)) {
      for (const name of await foldersIn(join(this.root, asset))) {
        const folder = join(this.root, asset, name);
        const unused = Date.now() - (await stat(folder)).mtimeMs > UNUSED_DAYS * 24 * 3600 * 1000;
        if (name.startsWith(UNFINISHED) || unused) await rm(folder, { recursive: true, force: true });
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function foldersIn(folder: string): Promise<string[]> {
  if (!(await exists(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
