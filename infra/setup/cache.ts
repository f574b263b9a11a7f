// SPDX-License-Identifier: Apache-2.0
import { access, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HarnessError } from '../../harness/core/errors.ts';
import { systemReason } from '../../harness/core/system-reason.ts';

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
      await mkdir(this.root, { recursive: true });
      for (const path of [join(this.root, asset), unfinished, scratch]) await makeFolder(path);
      await make(unfinished, scratch);
      await rm(scratch, { recursive: true });
      await rename(unfinished, folder);
    }
    const now = new Date();
    // it only tells tidy() that somebody used it: a cache that cannot be written to still serves
    await utimes(folder, now, now).catch(() => {});
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

/** Not by `recursive`: on a read-only file system that says "no such file or directory". */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (errnoOf(error) === 'EEXIST') return;
    throw new HarnessError(`cannot make ${path}: ${systemReason(error)}`, {
      code: 'setup',
      hint: 'AIRGAP_CACHE names the folder above; it must be writable',
      cause: error,
    });
  });
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
