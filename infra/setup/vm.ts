// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Assets } from '../../harness/core/assets.ts';
import { buildVmImage, VM_FILES } from '../vm/build.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import type { SetupContext } from './make-assets.ts';

/**
 * The virtual machine of the node image, built unless the cache has it.
 * @throws HarnessError (setup)
 */
export async function makeVm(context: SetupContext): Promise<NonNullable<Assets['vm']>> {
  const { repo, cache, progress, source } = context;
  const key = await contentKey({
    paths: ['infra/vm', 'infra/node-image', 'infra/setup/debian-tree.ts'].map((path) => join(repo, path)),
    values: { mirror: source.mirror, suite: source.suite },
    ignore: (path) => path.endsWith('.md'),
  });
  const made = await progress.step('virtual machine', async () => {
    const run = { log: context.log('vm'), signal: new AbortController().signal };
    const asset = await cache.get(
      'vm',
      key,
      async (folder, scratch) => await buildVmImage(folder, scratch, source, run),
    );
    return [asset, `${asset.made ? 'made' : 'kept'}: Debian packages, ${source.suite}`];
  });
  const file = (name: string): string => join(made.folder, name);
  return {
    disk: file(VM_FILES.disk),
    kernel: file(VM_FILES.kernel),
    initrd: file(VM_FILES.initrd),
    guest: file(VM_FILES.guest),
    key,
    saved: join(cache.root, 'vm-saved'),
  };
}
