// SPDX-License-Identifier: Apache-2.0
import { basename, posix } from 'node:path';
import { printable } from '../core/printable.ts';
import type { Layout } from './assemble.ts';
import { bundleError } from './bundle-error.ts';
import { findCharts } from './charts/chart-folders.ts';
import type { Inside } from './inside.ts';
import { MANIFEST_NAME } from './manifest-objects.ts';
import { type Ignored, walk } from './walk.ts';

/** K3s's data folder as some bundles carry it: a tree to be copied to `/`. */
const DATA = 'var/lib/rancher/k3s';

/** Where each thing may lie, relative to the bundle's folder; '' is the folder itself. */
const PLACES = {
  binary: ['k3s', 'bin/k3s', 'usr/local/bin/k3s'],
  registries: ['registries.yaml', 'etc/rancher/k3s/registries.yaml'],
  config: ['config.yaml', 'etc/rancher/k3s/config.yaml'],
  images: ['images', 'agent/images', `${DATA}/agent/images`],
  staticCharts: ['static/charts', 'server/static/charts', `${DATA}/server/static/charts`],
  manifests: ['manifests', 'server/manifests', `${DATA}/server/manifests`],
} as const;

/** What K3s imports from its images folder, by suffix. */
const ARCHIVE_NAME = /\.(?:tar|tar\.(?:gz|zst|bz2|lz4)|tgz|tzst|tbz)$/;
const PLATFORM_NAME = /^k3s-airgap-images(?:-(\w+))?[.-]/;
/** Architectures besides amd64 for which K3s is released. */
const FOREIGN = new Set(['arm64', 'arm', 's390x', 'riscv64']);

/** What was looked for, for the error when nothing of it was found. */
export const LOOKED_FOR =
  'bundle.yaml, or of a K3s air-gap directory: k3s, k3s-airgap-images-amd64.tar.zst, image archives (here, in images/ or agent/images/), manifests/ or server/manifests/; or Helm charts in charts/';

/** True when a file decides that the folder is a K3s air-gap directory. */
function isTelling({ file }: Inside): boolean {
  return (PLACES.binary as readonly string[]).includes(file) || isArchive(file) || isManifest(file);
}

/**
 * Finds the parts of a K3s air-gap directory as the field carries it. Null when nothing in the folder tells that it is one.
 *
 * @param root the folder, absolute, symlinks resolved
 * @throws HarnessError (bundle) for what cannot be carried (see `walk`), or two files that claim the same part
 */
export async function readK3sDirectory(root: string): Promise<Layout | null> {
  const { files, ignored: hidden } = await walk(root, '');
  const helm = await findCharts(
    root,
    files.filter(({ file }) => !isArchive(file)),
  );
  if (!files.some(isTelling) && helm.charts.length === 0) return null;
  const ignored: Ignored[] = [...hidden, ...helm.ignored];
  const skips = new Set(files.filter(({ file }) => isSkip(file)).map(({ file }) => basename(file, '.skip')));
  const parts = {
    platform: [] as Inside[],
    images: [] as Inside[],
    manifests: [] as Inside[],
    staticCharts: [] as Inside[],
    files: [] as Inside[],
  };
  const only = {
    binary: onlyOne(files, PLACES.binary, 'k3s executables'),
    registries: onlyOne(files, PLACES.registries, 'files for registries'),
    config: onlyOne(files, PLACES.config, 'configuration files of K3s'),
  };
  for (const found of files) {
    const { file } = found;
    if (Object.values(only).includes(found) || helm.taken.has(found)) continue;
    const reason = reasonToIgnore(file, skips);
    if (reason !== null) ignored.push({ file, reason });
    if (reason !== null) parts.files.push(found);
    else if (isArchive(file))
      (PLATFORM_NAME.test(basename(file)) ? parts.platform : parts.images).push(found);
    else if (isManifest(file)) parts.manifests.push(found);
    else if (isStaticChart(file)) parts.staticCharts.push(found);
    else parts.files.push(found);
  }
  return {
    name: basename(root),
    version: 'unversioned',
    format: 'k3s-airgap-directory',
    root,
    requirements: { nodes: 1, memoryMiB: null, ownKernel: false },
    checks: [],
    ignored,
    ...only,
    platformArchives: parts.platform,
    imageArchives: parts.images,
    registryArchives: [],
    charts: helm.charts,
    helm: helm.helm,
    staticCharts: parts.staticCharts.map((found) => ({
      found,
      installAs: placeBelow(PLACES.staticCharts, found.file),
    })),
    manifests: parts.manifests.map((found) => ({
      found,
      installAs: placeBelow(PLACES.manifests, found.file),
    })),
    files: parts.files,
  };
}

/** Why K3s, or this harness, leaves a file of a place that matters alone; null when it does not. */
function reasonToIgnore(file: string, skips: ReadonlySet<string>): string | null {
  const architecture = PLATFORM_NAME.exec(basename(file))?.[1];
  if (isArchive(file)) {
    return architecture !== undefined && FOREIGN.has(architecture)
      ? `K3s's images for ${architecture}; the nodes of this harness are amd64`
      : null;
  }
  if (isManifest(file) && skips.has(basename(file))) {
    return `K3s does not apply it, because there is a ${basename(file)}.skip`;
  }
  if (isSkip(file)) return null;
  if (isBelow(PLACES.images, file) && !file.endsWith('.txt'))
    return 'K3s imports only *.tar, also compressed with gz, zst, bz2 or lz4';
  if (isBelow(PLACES.manifests, file) && !MANIFEST_NAME.test(file))
    return 'K3s applies only *.yaml, *.yml and *.json';
  return file.startsWith('etc/rancher/k3s/config.yaml.d/')
    ? 'this version of the harness passes config.yaml alone to K3s'
    : null;
}

/** An image archive where K3s looks for them, or beside the executable, where a `.tgz` is rather a chart. */
function isArchive(file: string): boolean {
  if (PLACES.images.some((folder) => posix.dirname(file) === folder)) return ARCHIVE_NAME.test(file);
  return (
    !file.includes('/') && ARCHIVE_NAME.test(file) && (!file.endsWith('.tgz') || PLATFORM_NAME.test(file))
  );
}

function isManifest(file: string): boolean {
  return MANIFEST_NAME.test(file) && isBelow(PLACES.manifests, file);
}

/** K3s serves anything that lies there; what a HelmChart can use is a packed chart. */
function isStaticChart(file: string): boolean {
  return file.endsWith('.tgz') && isBelow(PLACES.staticCharts, file);
}

/** `app.yaml.skip` keeps K3s from applying any `app.yaml` below its manifests folder. */
function isSkip(file: string): boolean {
  return file.endsWith('.skip') && isBelow(PLACES.manifests, file);
}

function isBelow(folders: readonly string[], file: string): boolean {
  return folders.some((folder) => file.startsWith(`${folder}/`));
}

/** K3s takes subfolders too: a file keeps its place below K3s's folder. */
function placeBelow(folders: readonly string[], file: string): string {
  const folder = folders.find((place) => file.startsWith(`${place}/`)) ?? '';
  return posix.relative(folder, file);
}

function onlyOne(files: readonly Inside[], places: readonly string[], what: string): Inside | null {
  const [found, second] = files.filter(({ file }) => places.includes(file));
  if (found !== undefined && second !== undefined) {
    throw bundleError(
      `the bundle has two ${what}: "${printable(found.file)}" and "${printable(second.file)}"`,
      'leave the one that the nodes are to have',
    );
  }
  return found ?? null;
}
