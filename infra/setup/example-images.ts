// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { writeImageArchive } from '../images/build-image.ts';
import { baseFiles, imageTree } from '../images/definitions/base.ts';
import { cleanImages, WEB_PACKAGES } from '../images/definitions/clean.ts';
import { leakyImages, TIME_PACKAGES, TOOLS_PACKAGES } from '../images/definitions/leaky.ts';
import { subtractTree } from '../images/subtract-tree.ts';
import type { AptSource } from './apt-source.ts';
import type { AssetCache, CachedAsset } from './cache.ts';
import { contentKey } from './content-key.ts';
import { makeDebianTree } from './debian-tree.ts';
import type { RunOptions } from './exec.ts';
import type { BuiltProgram } from './go-program.ts';

const LAYERS = { web: WEB_PACKAGES, tools: TOOLS_PACKAGES, time: TIME_PACKAGES } as const;

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
    for (const [name, packages] of Object.entries(LAYERS)) {
      const tree = join(folder, name);
      await makeDebianTree(tree, imageTree(packages), source, options);
      await subtractTree(tree, base);
    }
  });
}

/** The images' archives: `clean.tar.zst` and `leaky.tar.zst`. */
export async function exampleImages(
  imagesFolder: string,
  cache: AssetCache,
  parts: {
    readonly trees: CachedAsset;
    readonly podinfo: BuiltProgram;
    readonly updateCheck: BuiltProgram;
  },
): Promise<CachedAsset> {
  const key = await contentKey({
    paths: [imagesFolder],
    values: { trees: parts.trees.key, podinfo: parts.podinfo.key, updateCheck: parts.updateCheck.key },
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
  });
}
