// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AptSource } from './apt-source.ts';
import { runSealed } from './exec.ts';
import type { RunOptions } from './exec.ts';

export interface DebianTree {
  /** `minbase`: a system with dpkg and apt, packages configured. `extract`: the packages' files and nothing else. */
  readonly variant: 'minbase' | 'extract';
  readonly packages: readonly string[];
  /** False for a release whose packages know of no merged /usr: Debian before 12. @default true */
  readonly mergedUsr?: boolean;
  /** Paths to remove afterwards. */
  readonly prune: readonly string[];
}

/** What documents a package or translates it: nobody reads it in a node or an image. */
export const DOCUMENTATION = [
  'usr/share/bash-completion',
  'usr/share/bug',
  'usr/share/doc',
  'usr/share/doc-base',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
] as const;

/**
 * Makes a tree of Debian packages in `folder`, which must be empty or absent.
 * @throws HarnessError (setup) when a package is not to be had
 */
export async function makeDebianTree(
  folder: string,
  tree: DebianTree,
  source: AptSource,
  options: RunOptions,
): Promise<void> {
  await runSealed(
    [
      'mmdebstrap',
      '--mode=root',
      '--format=directory',
      `--variant=${tree.variant}`,
      `--include=${tree.packages.join(',')}`,
      `--components=${source.components.join(',')}`,
      ...(tree.mergedUsr === false ? [] : ['--hook-directory=/usr/share/mmdebstrap/hooks/merged-usr']),
      ...source.options.map((option) => `--aptopt=${option}`),
      source.suite,
      folder,
      source.mirror,
    ],
    options,
  );
  for (const path of tree.prune) await rm(join(folder, path), { recursive: true, force: true });
}
