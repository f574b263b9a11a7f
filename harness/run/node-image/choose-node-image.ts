// SPDX-License-Identifier: Apache-2.0
import { lstat, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Assets } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import type { NodeImage } from '../../core/events.ts';
import { systemReason } from '../../core/system-reason.ts';
import { DISK_FOLDERS } from '../../providers/init-config.ts';
import type { ProviderId } from '../../providers/provider.ts';
import type { ChosenKubernetes } from '../kubernetes.ts';
import { givenDisk, openDisk } from './cloud-disk.ts';
import { copyFromEngine, ENGINE_PREFIX } from './engine-image.ts';
import { inspectRoot } from './inspect-root.ts';
import { nodeNeeds } from './node-needs.ts';
import { readNodeImage } from './read-node-image.ts';
import { treeDigest } from './tree-digest.ts';
import { keepUnpacked } from './unpacked-images.ts';

/** Something that has what a node needs, and what the report says of it. */
export interface ChosenNodeImage {
  /** A folder that nothing writes to: the node's read-only lower layer, or a prepared disk. Absolute, symlinks resolved. */
  readonly root: string;
  readonly facts: NodeImage;
}

export interface NodeImageOptions {
  /** A root file system, an OCI layout folder, an image archive, `docker-daemon:IMAGE`, or a disk with a system; null: the one that setup made. */
  readonly given: string | null;
  readonly assets: Assets;
  readonly kubernetes: ChosenKubernetes;
  /** What the node will be. */
  readonly provider: ProviderId;
  /** MiB of the nodes' disk, where they have one of their own. @default the image's */
  readonly diskMiB?: number | undefined;
  /** Where unpacked images are kept. */
  readonly cache: string;
  readonly signal: AbortSignal;
  /** Told what takes minutes. */
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * What the nodes are made of: the user's own root file system, unpacked when it is an image, or disk, else what setup made. A root is
 * looked at before anything runs in it, a disk from inside. Throws HarnessError (config) when it cannot be used; the message names everything that it lacks.
 */
export async function chooseNodeImage(options: NodeImageOptions): Promise<ChosenNodeImage> {
  const { given, assets, kubernetes, provider } = options;
  const disk = given === null ? null : await givenDisk(given, provider);
  if (disk !== null) {
    const needs = await nodeNeeds(kubernetes.binary, assets, provider);
    return await openDisk(disk, { ...options, vm: assets.vm, needs });
  }
  const { root, ...facts } =
    given === null
      ? { root: assets.nodeImage, from: 'setup' as const, path: null, digest: assets.nodeImageKey }
      : await openGiven(given, options);
  const needs = await nodeNeeds(kubernetes.binary, assets, provider);
  const name = given ?? 'of setup';
  const os = await inspectRoot(root, { agent: assets.agent, needs, folders: DISK_FOLDERS, name });
  return { root, facts: { ...facts, os } };
}

type Opened = Omit<NodeImage, 'os'> & { readonly root: string };

async function openGiven(given: string, { assets, cache }: NodeImageOptions): Promise<Opened> {
  const unpacked = { cache, agent: assets.agent };
  if (given.startsWith(ENGINE_PREFIX)) {
    await using copy = await copyFromEngine(given.slice(ENGINE_PREFIX.length), cache);
    const image = await readNodeImage(copy.path, 'archive', given);
    return {
      root: await keepUnpacked(image, unpacked),
      from: 'engine',
      path: given,
      digest: image.configDigest,
    };
  }
  const path = resolve(given);
  const kind = await kindOf(path);
  if (kind === 'root') {
    const root = await realpath(path);
    return { root, from: 'directory', path, digest: await treeDigest(root) };
  }
  const image = await readNodeImage(path, kind);
  const root = await keepUnpacked(image, unpacked);
  return { root, from: kind, path, digest: image.configDigest };
}

async function kindOf(path: string): Promise<'root' | 'oci-layout' | 'archive'> {
  try {
    const found = await stat(path);
    if (found.isFile()) return 'archive';
    if (!found.isDirectory()) throw new Error('it is neither a folder nor a file');
    const marker = await lstat(join(path, 'oci-layout')).catch(() => null);
    return marker?.isFile() === true ? 'oci-layout' : 'root';
  } catch (error) {
    throw new HarnessError(`node image "${path}" cannot be used: ${systemReason(error)}`, {
      code: 'config',
      hint: `give a folder with a root file system, an OCI layout folder, an image archive, or ${ENGINE_PREFIX}IMAGE of a container engine; for --provider vm a cloud image`,
      cause: error,
    });
  }
}
