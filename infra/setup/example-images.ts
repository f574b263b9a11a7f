// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { writeImageArchive } from '../images/build-image.ts';
import { baseFiles, imageTree } from '../images/definitions/base.ts';
import { cleanImages } from '../images/definitions/clean.ts';
import { leakyImages, TIME_PACKAGES, TOOLS_PACKAGES } from '../images/definitions/leaky.ts';
import { DATABASE_PACKAGES, DATABASE_PRUNE, shopImages } from '../images/definitions/shop.ts';
import { WEB_PACKAGES } from '../images/definitions/web.ts';
import { subtractTree } from '../images/subtract-tree.ts';
import type { AptSource } from './apt-source.ts';
import type { AssetCache, CachedAsset } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { makeDebianTree } from './debian-tree.ts';
import type { RunOptions } from './exec.ts';
import type { BuiltProgram } from './go-program.ts';

const LAYERS = {
  web: { packages: WEB_PACKAGES, prune: [] },
  tools: { packages: TOOLS_PACKAGES, prune: [] },
  time: { packages: TIME_PACKAGES, prune: [] },
  database: { packages: DATABASE_PACKAGES, prune: DATABASE_PRUNE },
} as const;

/**
 * The Debian part of the example images: `base/`, and for each of LAYERS the folder with what it adds to the base.
 * @throws HarnessError (setup)
 */
export async function exampleTrees(
  imagesFolder: string,
  cache: AssetCache,
  source: AptSource,
  options: RunOptions,
): Promise<CachedAsset> {
  const key = await contentKey({
    paths: [join(imagesFolder, 'definitions')],
    values: { mirror: source.mirror, suite: source.suite },
  });
  return await cache.get('example-trees', key, async (folder) => {
    const base = join(folder, 'base');
    await makeDebianTree(base, imageTree([]), source, options);
    for (const [name, { packages, prune }] of Object.entries(LAYERS)) {
      const tree = join(folder, name);
      await makeDebianTree(tree, imageTree(packages, prune), source, options);
      await subtractTree(tree, base);
    }
  });
}

/** The images' archives: `clean.tar.zst`, `leaky.tar.zst`, and for each image of the shop one of its own. */
export async function exampleImages(
  imagesFolder: string,
  cache: AssetCache,
  parts: {
    readonly trees: CachedAsset;
    readonly podinfo: BuiltProgram;
    readonly updateCheck: BuiltProgram;
    readonly shopApi: BuiltProgram;
  },
): Promise<CachedAsset> {
  const key = await contentKey({
    paths: [imagesFolder],
    values: {
      trees: parts.trees.key,
      podinfo: parts.podinfo.key,
      updateCheck: parts.updateCheck.key,
      shopApi: parts.shopApi.key,
    },
    ignore: (path) => path.endsWith('.md'),
  });
  return await cache.get('example-images', key, async (folder) => {
    const tree = (name: 'base' | keyof typeof LAYERS): { directory: string } => ({
      directory: join(parts.trees.folder, name),
    });
    const base = [tree('base'), baseFiles];
    const clean = cleanImages({ base, nginx: tree('web'), podinfo: parts.podinfo.path });
    const leaky = leakyImages({
      base,
      tools: tree('tools'),
      chrony: tree('time'),
      updateCheck: parts.updateCheck.path,
    });
    const format = { format: 'docker-archive', compression: 'zstd' } as const;
    await writeImageArchive(join(folder, 'clean.tar.zst'), clean, format);
    await writeImageArchive(join(folder, 'leaky.tar.zst'), leaky, format);
    const shop = shopImages({
      base,
      nginx: tree('web'),
      postgres: tree('database'),
      shopApi: parts.shopApi.path,
      updateCheck: parts.updateCheck.path,
    });
    for (const [name, image] of Object.entries(shop))
      await writeImageArchive(join(folder, `shop-${name}.tar.zst`), [image], format);
  });
}
