// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a cached file where an example needs it: as a hard link, or as a copy on another file system. A symbolic
 * link would not do: a bundle's paths must not leave the bundle. The file at `target` changes in one step.
 */
export async function placeFile(source: string, target: string): Promise<void> {
  if (await isSameFile(source, target)) return;
  await mkdir(dirname(target), { recursive: true });
  const beside = `${target}.${process.pid}.tmp`;
  await rm(beside, { force: true });
  try {
    await link(source, beside);
  } catch {
    const { atime, mtime } = await stat(source);
    await copyFile(source, beside, constants.COPYFILE_FICLONE);
    await utimes(beside, atime, mtime);
  }
  await rename(beside, target);
  // rename does nothing when both names are links to one file
  await rm(beside, { force: true });
}

/** The same inode, or a copy made by `placeFile`: same length and time of change. */
async function isSameFile(source: string, target: string): Promise<boolean> {
  const there = await stat(target).catch(() => null);
  if (there === null) return false;
  const wanted = await stat(source);
  if (there.ino === wanted.ino && there.dev === wanted.dev) return true;
  return there.dev !== wanted.dev && there.size === wanted.size && there.mtimeMs === wanted.mtimeMs;
}
