// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Context } from 'mocha';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { parseOsRelease, readAptSource } from '../../../infra/setup/apt-source.ts';
import { AssetCache } from '../../../infra/setup/cache.ts';
import { contentKey } from '../../../harness/core/content-key.ts';
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
  return await keptRoot(suite, suite, TREES[suite]);
}

/**
 * A root as the image rancher/k3s has it: busybox in place of a distribution's programs, iptables, runc and their libraries, no
 * package manager, no os-release.
 */
export async function busyboxRoot(): Promise<string> {
  const tree: DebianTree = {
    variant: 'extract',
    packages: ['busybox-static', 'iptables', 'runc'],
    prune: [],
  };
  return await keptRoot('busybox', 'bookworm', tree, FINISH_BUSYBOX);
}

/** Of packages that are only unpacked nothing made the links; what came along with them beside libraries goes. */
const FINISH_BUSYBOX = `
  cp "$1/bin/busybox" "$1/busybox"
  find "$1/bin" "$1/sbin" "$1/usr/bin" "$1/usr/sbin" -mindepth 1 ! -type d ! -name 'xtables-nft-multi' ! -name runc -delete
  for applet in $("$1/busybox" --list); do ln -sf /bin/busybox "$1/bin/$applet"; done
  mv -f "$1/busybox" "$1/bin/busybox" # it lists itself
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf xtables-nft-multi "$1/usr/sbin/$name"
  done
  mkdir -p "$1/root" "$1/etc" "$1/tmp" "$1/var/log" "$1/proc" "$1/sys" "$1/dev" "$1/run"
  printf 'root:x:0:0::/root:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\n' >"$1/etc/group"`;

async function keptRoot(
  name: string,
  suite: DebianSuite,
  tree: DebianTree,
  finish: string | null = null,
): Promise<string> {
  const cache = cacheRoot(process.env);
  await using _lock = await lockFile(join(cache, 'lock'), () => console.log('waiting for a setup that runs'));
  const source = { ...(await readAptSource()), suite, components: ['main'] };
  const key = await contentKey({
    paths: [join(REPO_ROOT, 'infra/setup/debian-tree.ts')],
    values: {
      suite,
      mirror: source.mirror,
      packages: tree.packages,
      ...(finish === null ? {} : { finish }),
    },
  });
  const asset = await new AssetCache(cache).get('test-roots', key, async (folder, scratch) => {
    const began = performance.now();
    const log = join(cache, 'logs', `test-root-${name}.log`);
    const root = join(folder, 'rootfs');
    await makeDebianTree(root, tree, source, { log, env: { TMPDIR: scratch } });
    if (finish !== null) await execa('sh', ['-ec', finish, 'sh', root]);
    console.log(`made the tree ${name} in ${Math.round((performance.now() - began) / 1000)} s`);
  });
  return join(asset.folder, 'rootfs');
}
