// SPDX-License-Identifier: Apache-2.0
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { rootless } from '../../core/rootless.ts';
import { stateDirectory } from '../session-record.ts';

/** As long as setup keeps those beside what it made (infra/setup/cache.ts). */
const UNUSED_MS = 30 * 24 * 3600 * 1000;

/**
 * Folder for machines that are saved or prepared: beside what setup made; without root in the user's own state directory, where those that
 * nobody used for a month are removed now.
 */
export async function savedRoot(besideSetup: string): Promise<string> {
  if (rootless() === null) return besideSetup;
  const root = join(await stateDirectory(), basename(besideSetup));
  await forgetUnused(root, Date.now());
  return root;
}

/** Removes machines that were not used (mtime) for a month before that moment, in milliseconds. */
export async function forgetUnused(root: string, now: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const folder = join(root, name);
    if (now - (await stat(folder)).mtimeMs > UNUSED_MS) await rm(folder, { recursive: true, force: true });
  }
}
