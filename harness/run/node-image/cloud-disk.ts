// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Assets, vmOf } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import type { NodeImage } from '../../core/events.ts';
import { systemReason } from '../../core/system-reason.ts';
import type { ProviderId } from '../../providers/provider.ts';
import { type DiskImage, readDiskImage } from '../../providers/vm/cloud-image/disk-image.ts';
import { sha256Of } from '../../site/contract-record.ts';
import { ENGINE_PREFIX } from './engine-image.ts';
import { prettyName } from './inspect-root.ts';

/** A disk with a system that the user gives. */
export interface GivenDisk {
  /** Absolute. */
  readonly path: string;
  readonly image: DiskImage;
}

/**
 * The disk that the user gives for the nodes; null: it is something else. A machine has a kernel of its own, which comes with its
 * disk, and all other nodes have this machine's: throws HarnessError (config) when it does not fit, or is a disk that cannot be used.
 */
export async function givenDisk(given: string, provider: ProviderId): Promise<GivenDisk | null> {
  const path = resolve(given);
  const isOfEngine = given.startsWith(ENGINE_PREFIX);
  const found = isOfEngine ? null : await stat(path).catch(() => null);
  if (found === null && !isOfEngine) return null; // who opens it says why
  const image = found?.isFile() === true ? await read(path) : null;
  if ((image !== null) === (provider === 'vm')) return image === null ? null : { path, image };
  throw image === null
    ? new HarnessError(
        `node image "${isOfEngine ? given : path}" is no disk: a virtual machine cannot be made of it, for want of a kernel`,
        {
          code: 'config',
          hint: 'give a cloud image (qcow2 or raw, with systemd and cloud-init), or use --provider netns',
        },
      )
    : new HarnessError(
        `node image "${path}" is a disk, of which a virtual machine can be made, but no node of provider ${provider}`,
        {
          code: 'config',
          hint: 'use --provider vm, or give a folder with a root file system, an OCI layout folder, or an image archive',
        },
      );
}

async function read(path: string): Promise<DiskImage | null> {
  return await readDiskImage(path).catch((error: unknown) => {
    throw new HarnessError(`node image "${path}" cannot be used: ${systemReason(error)}`, {
      code: 'config',
      hint: 'make a disk of it that is whole in itself: qemu-img convert -O qcow2',
      cause: error,
    });
  });
}

/**
 * Makes the nodes' disk of it, unless the cache has it; it is looked at from inside, when it is started for the first time.
 * Throws HarnessError as prepareCloudImage does.
 */
export async function openDisk(
  { path, image }: GivenDisk,
  options: {
    readonly vm: Assets['vm'];
    /** Programs that a node needs. */
    readonly needs: readonly string[];
    readonly diskMiB?: number | undefined;
    readonly cache: string;
    readonly signal: AbortSignal;
    readonly say?: ((line: string) => void) | undefined;
  },
): Promise<{ readonly root: string; readonly facts: NodeImage }> {
  const vm = vmOf(options);
  const digest = `sha256:${await sha256Of(path)}`;
  const { prepareCloudImage } = await import('../../providers/vm/cloud-image/prepare-image.ts'); // of one provider alone
  const prepared = await prepareCloudImage({ ...options, path, image, digest, vm });
  const os = prettyName(prepared.osRelease);
  return { root: prepared.folder, facts: { from: 'cloud-image', path, digest, os } };
}
