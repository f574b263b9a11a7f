// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { reasonOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import { bundleError } from './bundle-error.ts';
import { findInside, type Inside } from './inside.ts';

/** A file that is in the bundle's folder but takes no part, and why. */
export interface Ignored {
  readonly file: string;
  readonly reason: string;
}

/** More files than any bundle has: the path was a slip, such as `/`. */
const MAX_FILES = 20_000;

export interface Walked {
  /** Sorted by path. */
  readonly files: readonly Inside[];
  readonly ignored: readonly Ignored[];
}

/**
 * All files below a folder of a bundle. Hidden ones (`.git`, `.DS_Store`) are listed as ignored. Folders that are symlinks are not entered:
 * they could lead in circles; they are listed as ignored as well.
 *
 * @param root the bundle's folder, absolute, symlinks resolved
 * @param folder relative to root; '' is root itself
 * @throws HarnessError (bundle) for a symlink that leads out or nowhere, a socket, pipe or device, a folder that cannot be read, or more
 *   than 20000 files
 */
export async function walk(root: string, folder: string): Promise<Walked> {
  const files: Inside[] = [];
  const ignored: Ignored[] = [];
  const enter = async (at: string): Promise<void> => {
    const entries = await readdir(posix.join(root, at), { withFileTypes: true }).catch((error: unknown) => {
      throw bundleError(
        `cannot read folder "${printable(posix.join(root, at))}" of the bundle: ${systemReason(error)}`,
        'give the user that runs the harness the right to read it',
        error,
      );
    });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = posix.join(at, entry.name);
      if (entry.name.startsWith('.')) {
        ignored.push({ file, reason: 'hidden files and folders are left out' });
      } else if (entry.isDirectory()) {
        await enter(file);
      } else {
        const found = await insideOrRefuse(root, file);
        if (found.kind === 'file') files.push(found);
        else ignored.push({ file, reason: 'a symlink to a folder is not followed' });
        if (files.length > MAX_FILES) {
          throw bundleError(
            `the folder "${printable(root)}" holds more than ${MAX_FILES} files`,
            'is this the folder of a bundle?',
          );
        }
      }
    }
  };
  await enter(folder);
  return { files, ignored };
}

async function insideOrRefuse(root: string, file: string): Promise<Inside> {
  try {
    return await findInside(root, file);
  } catch (error) {
    throw bundleError(
      `the bundle "${printable(root)}" holds something that cannot be carried: ${reasonOf(error)}`,
      'replace it by a regular file inside the bundle',
      error,
    );
  }
}
