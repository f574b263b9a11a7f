// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { Layout } from './assemble.ts';
import { bundleError } from './bundle-error.ts';
import type { Inside } from './inside.ts';
import { MANIFEST_NAME } from './manifest-objects.ts';
import { walk } from './walk.ts';

/** Endings that K3s imports from its images folder; `.txt` there is a list to pull and is carried as a file. */
const ARCHIVE = /\.(?:tar|tar\.gz|tgz|tar\.zst|tzst|tar\.bz2|tbz|tar\.lz4)$/;
const PLATFORM_ARCHIVE = /^k3s-airgap-images-.*\.tar(?:\.\w+)?$/;
/** Where people keep archives in such a folder; the folder's top itself counts too. */
const IMAGE_FOLDERS = ['images', 'agent/images', 'var/lib/rancher/k3s/agent/images'];
const MANIFEST_FOLDERS = ['manifests', 'server/manifests', 'var/lib/rancher/k3s/server/manifests'];
const CONFIG_FOLDERS = ['', 'etc/rancher/k3s'];

/**
 * Reads a K3s air-gap directory as the field carries it: k3s, k3s-airgap-images-*, more image archives, registries.yaml,
 * config.yaml, server/manifests. Null when the folder holds none of these.
 *
 * @param root the folder, absolute, symlinks resolved
 * @throws HarnessError (bundle) for links that lead out, special files, and two files that want to be the same thing
 */
export async function readK3sDirectory(root: string): Promise<Layout | null> {
  const { files, ignored } = await walk(root, '');
  const rest = new Set(files);
  const take = (test: (found: Inside, folder: string, name: string) => boolean): Inside[] => {
    const taken = [...rest].filter((found) => test(found, folderOf(found.file), posix.basename(found.file)));
    for (const found of taken) rest.delete(found);
    return taken;
  };
  const single = (what: string, taken: readonly Inside[]): Inside | null => {
    const [first = null, second] = taken;
    if (first !== null && second !== undefined) {
      throw bundleError(
        `the bundle "${root}" has two files for ${what}: "${first.file}" and "${second.file}"`,
        'remove one of them',
      );
    }
    return first;
  };
  const platformArchives = take((_, folder, name) => PLATFORM_ARCHIVE.test(name) && isImageFolder(folder));
  const imageArchives = take((_, folder, name) => ARCHIVE.test(name) && isImageFolder(folder));
  const binary = single(
    'the K3s binary',
    take((_, folder, name) => name === 'k3s' && ['', 'bin', 'usr/local/bin'].includes(folder)),
  );
  const registries = single(
    'registries.yaml',
    take((_, folder, name) => name === 'registries.yaml' && CONFIG_FOLDERS.includes(folder)),
  );
  const config = single(
    'K3s’s config.yaml',
    take((_, folder, name) => name === 'config.yaml' && CONFIG_FOLDERS.includes(folder)),
  );
  const manifests = take(
    (_, folder, name) => MANIFEST_NAME.test(name) && MANIFEST_FOLDERS.some((top) => isBelow(folder, top)),
  );
  if (binary === null && [platformArchives, imageArchives, manifests].every((found) => found.length === 0))
    return null;
  return {
    name: posix.basename(root),
    version: 'unversioned',
    format: 'k3s-airgap-directory',
    root,
    requirements: { nodes: 1, memoryMiB: null },
    checks: [],
    ignored,
    binary,
    platformArchives,
    config,
    registries,
    imageArchives,
    manifests: manifests.map((found) => ({ found, installAs: belowManifests(found.file) })),
    files: [...rest],
  };
}

function folderOf(file: string): string {
  const folder = posix.dirname(file);
  return folder === '.' ? '' : folder;
}

function isImageFolder(folder: string): boolean {
  return folder === '' || IMAGE_FOLDERS.includes(folder);
}

function isBelow(folder: string, top: string): boolean {
  return folder === top || folder.startsWith(`${top}/`);
}

/** K3s applies subfolders too: a file keeps its place below server/manifests. */
function belowManifests(file: string): string {
  const top =
    MANIFEST_FOLDERS.filter((folder) => file.startsWith(`${folder}/`)).toSorted(
      (a, b) => b.length - a.length,
    )[0] ?? '';
  return file.slice(top.length + 1);
}
