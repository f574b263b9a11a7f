// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { parseOsRelease, readAptSource } from '../../../infra/setup/apt-source.ts';
import { AssetCache } from '../../../infra/setup/cache.ts';
import { contentKey } from '../../../infra/setup/content-key.ts';
import { type DebianTree, makeDebianTree } from '../../../infra/setup/debian-tree.ts';
import { lockFile } from '../../../infra/setup/lock.ts';
import { REPO_ROOT } from '../support/needs.ts';

export type DebianSuite = 'bookworm' | 'bullseye';

/** What docs/node-image.md says that a Debian must be given, and nothing else. */
const TREES: Readonly<Record<DebianSuite, DebianTree>> = {
  bookworm: { variant: 'minbase', packages: ['iptables', 'runc'], prune: [] },
  bullseye: { variant: 'minbase', packages: ['iptables', 'runc'], prune: [], mergedUsr: false },
};

/** Skips the suite loudly on a machine whose mirror serves no Debian releases. */
export async function needsDebianMirror(context: Context): Promise<void> {
  const { ID } = parseOsRelease(await readFile('/etc/os-release', 'utf8'));
  if (ID === 'debian') return;
  console.log(`SKIPPED for want of a Debian mirror: this machine is ${ID ?? 'unknown'}`);
  context.skip();
}

/** The root file system of a Debian release, a folder that nothing may write to. The first call makes it: 30 s each. */
export async function debianRoot(suite: DebianSuite): Promise<string> {
  const cache = cacheRoot(process.env);
  await using _lock = await lockFile(join(cache, 'lock'), () => console.log('waiting for a setup that runs'));
  const source = { ...(await readAptSource()), suite, components: ['main'] };
  const tree = TREES[suite];
  const key = await contentKey({
    paths: [join(REPO_ROOT, 'infra/setup/debian-tree.ts')],
    values: { suite, mirror: source.mirror, packages: tree.packages },
  });
  const asset = await new AssetCache(cache).get('test-roots', key, async (folder, scratch) => {
    const began = performance.now();
    const log = join(cache, 'logs', `test-root-${suite}.log`);
    await makeDebianTree(join(folder, 'rootfs'), tree, source, { log, env: { TMPDIR: scratch } });
    console.log(`made a tree of Debian ${suite} in ${Math.round((performance.now() - began) / 1000)} s`);
  });
  return join(asset.folder, 'rootfs');
}
