// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HarnessError } from '../../harness/core/errors.ts';
import { writeImageArchive } from '../images/build-image.ts';
import { baseFiles, imageTree } from '../images/definitions/base.ts';
import type { AptSource } from './apt-source.ts';
import type { AssetCache, CachedAsset } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { makeDebianTree } from './debian-tree.ts';
import { runSealed, type RunOptions } from './exec.ts';

/** Name of the image with real programs that call out (suites/leaks/cases/tools.ts). */
export const LEAK_TOOLS = 'tools.leaks.example/corpus/tools:1';

const PACKAGES = [
  'ansible-core',
  'apt',
  'caddy',
  'chrony',
  'curl',
  'git',
  'libatomic1',
  'libstdc++6',
  'python3-pip',
  'wget',
] as const;
/** By the registry's ordinary client, which checks what it gets. */
const NPM = 'npm@11.6.2';
const NPM_INTEGRITY =
  'sha512-7iKzNfy8lWYs3zq4oFPa8EXZz5xt9gQNKJZau3B1ErLBb6bF7sBJ00x09485DOvRT2l5Gerbl3VlZNT57MxJVA==';

/**
 * `leak-tools.tar.zst`: Debian's apt, pip, git, curl, wget, chrony, Caddy and ansible-galaxy, npm of its registry with this
 * process's own Node, and helm.
 *
 * @throws HarnessError (setup) when a package is not to be had, or npm is not the one that is pinned
 */
export async function leakTools(
  cache: AssetCache,
  source: AptSource,
  helm: { readonly path: string; readonly key: string },
  run: RunOptions,
): Promise<CachedAsset> {
  const key = await contentKey({
    paths: [import.meta.filename],
    values: { mirror: source.mirror, suite: source.suite, helm: helm.key, node: process.version },
  });
  return await cache.get('leak-tools', key, async (folder, scratch) => {
    const tree = join(scratch, 'tree');
    await makeDebianTree(tree, imageTree(PACKAGES), source, run);
    const npm = await fetchNpm(scratch, run);
    await writeImageArchive(
      join(folder, 'leak-tools.tar.zst'),
      [
        {
          references: [LEAK_TOOLS],
          layers: [
            { directory: tree },
            baseFiles,
            { directory: npm },
            {
              entries: [
                { path: 'usr/bin/node', from: process.execPath, mode: 0o755 },
                { path: 'usr/bin/npm', linkTo: '../lib/node_modules/npm/bin/npm-cli.js' },
                { path: 'usr/bin/helm', from: helm.path, mode: 0o755 },
                { path: 'usr/bin/env', linkTo: 'busybox' },
                // what the packages' own scripts would have made
                { path: 'etc/ssl/certs/ca-certificates.crt', content: await authoritiesIn(tree) },
                { path: 'etc/apt/sources.list.d', directory: true },
                { path: 'etc/apt/apt.conf.d/sandbox', content: 'APT::Sandbox::User "root";\n' },
                { path: 'var/lib/dpkg/status', content: '' },
                { path: 'var/lib/apt/lists/partial', directory: true },
                { path: 'var/cache/apt/archives/partial', directory: true },
                { path: 'var/lib/chrony', directory: true },
                { path: 'tmp', directory: true, mode: 0o777 },
              ],
            },
          ],
          config: { env: { PATH: '/usr/sbin:/usr/bin', HOME: '/tmp' } },
        },
      ],
      { format: 'docker-archive', compression: 'zstd' },
    );
  });
}

/** All of ca-certificates' authorities in one file. */
async function authoritiesIn(tree: string): Promise<string> {
  const folder = join(tree, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(folder)).toSorted();
  return (await Promise.all(names.map(async (name) => await readFile(join(folder, name), 'utf8')))).join('');
}

/** What `npm pack --json` says of one package. */
const packResult = z.array(z.object({ filename: z.string(), integrity: z.string() }));

/** A folder with usr/lib/node_modules/npm. */
async function fetchNpm(scratch: string, run: RunOptions): Promise<string> {
  const packed = join(scratch, 'packed');
  const tree = join(scratch, 'npm');
  const into = join(tree, 'usr/lib/node_modules/npm');
  const log = join(scratch, 'pack.json');
  await runSealed(
    [
      'sh',
      '-c',
      'mkdir -p "$1" "$2" && npm pack --json --pack-destination "$1" "$3" >"$4"',
      'sh',
      packed,
      into,
      NPM,
      log,
    ],
    run,
  );
  const [made] = packResult.parse(JSON.parse(await readFile(log, 'utf8')));
  if (made?.integrity !== NPM_INTEGRITY)
    throw new HarnessError(`${NPM} is not the one that was pinned: ${made?.integrity}`, { code: 'setup' });
  await runSealed(['tar', '-xzf', join(packed, made.filename), '-C', into, '--strip-components=1'], run);
  return tree;
}
