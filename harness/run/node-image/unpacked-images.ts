// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HarnessError, reasonOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { hostRunner } from '../../core/runner.ts';
import { removeFolder } from '../../providers/destroy.ts';
import { identify, isLiving } from '../../providers/processes.ts';
import { layerFiles } from './layer-files.ts';
import type { GivenImage } from './read-node-image.ts';
import { unpackLayer } from './unpack-layer.ts';

export interface UnpackOptions {
  /** Folder of everything that is made once; images lie in `node-images/<hex digits of the digest>/rootfs`. */
  readonly cache: string;
  /** Path of the program airgap-node. */
  readonly agent: string;
}

/** `.unpacking-<pid>-<its start>-<random>`: whose end can be told without a lock. */
const UNFINISHED = /^\.unpacking-(\d+)-(\d+)-/;

/**
 * The unpacked root file system of an image: made in a folder beside its place and renamed when it is whole, so that a run that was
 * killed leaves nothing that looks finished; what it left is removed by the next one that unpacks.
 * Throws HarnessError (config) when a layer cannot be unpacked.
 */
export async function keepUnpacked(image: GivenImage, { cache, agent }: UnpackOptions): Promise<string> {
  const folder = join(cache, 'node-images', image.configDigest.replace('sha256:', ''));
  const root = join(folder, 'rootfs');
  if ((await stat(root).catch(() => null)) === null) {
    await make(image, folder, agent).catch((error: unknown) => {
      throw new HarnessError(`node image "${image.name}" cannot be unpacked: ${printable(reasonOf(error))}`, {
        code: 'config',
        hint: `is the image whole, and is there room in ${cache}?`,
        cause: error,
      });
    });
  }
  const now = new Date();
  await utimes(folder, now, now); // setup removes what was not used for a month
  return root;
}

async function make(image: GivenImage, folder: string, agent: string): Promise<void> {
  const unfinished = await makeUnfinished(join(folder, '..'));
  const whole = join(unfinished, 'image');
  const root = join(whole, 'rootfs');
  try {
    await mkdir(whole, { mode: 0o700 }); // programs of an image that run as root are nobody else's to run
    await mkdir(root, { mode: 0o755 });
    await using files = await layerFiles(image, unfinished);
    for (const [index, { diffId }] of image.layers.entries()) {
      const file = files.paths[index];
      if (file !== undefined) await unpackLayer(file, { diffId, root, agent, layer: index + 1 });
    }
    await rename(whole, folder).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error; // else another run was faster
    });
  } finally {
    await removeFolder(unfinished, hostRunner);
  }
}

/** Makes a folder for something that this process is at: when it is killed, the next one that makes such a folder removes it. */
export async function makeUnfinished(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeUnfinished(parent);
  const own = await identify(process.pid);
  const id = randomBytes(4).toString('hex');
  const unfinished = join(parent, `.unpacking-${process.pid}-${own?.startTicks ?? '0'}-${id}`);
  await mkdir(unfinished, { mode: 0o700 });
  return unfinished;
}

/** What killed runs left half unpacked. */
async function removeUnfinished(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid, startTicks] = UNFINISHED.exec(name) ?? [];
    if (pid === undefined || startTicks === undefined) continue;
    if (await isLiving({ pid: Number(pid), startTicks })) continue;
    await removeFolder(join(parent, name), hostRunner);
  }
}
