// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, sep } from 'node:path';
import { printable, quoted } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';

/** Something in a bundle whose real place was proven to lie inside the bundle's folder. */
export interface Inside {
  /** Absolute; the last part may be a symlink, whose target lies inside too. */
  readonly path: string;
  /** Relative to the bundle's folder, forward slashes. */
  readonly file: string;
  readonly kind: 'file' | 'folder';
  readonly size: number;
  readonly mode: number;
}

/**
 * Finds what a path of a bundle means and proves that it lies inside: neither `..` nor a symlink on the way may lead out, and it is a
 * regular file or a folder. Throws an Error whose message says what is wrong with the path; the caller knows where it stands.
 *
 * @param root the bundle's folder, absolute, symlinks resolved
 */
export async function findInside(root: string, path: string): Promise<Inside> {
  if (path.includes('\0')) throw new Error(`path ${quoted(path)} holds a NUL character`);
  if (isAbsolute(path))
    throw new Error(`path ${quoted(path)} is absolute; it must be relative to the bundle's folder`);
  const file = posix.normalize(path).replace(/\/$/, '');
  if (file === '..' || file.startsWith('../'))
    throw new Error(`path ${quoted(path)} leads out of the bundle's folder`);
  const absolute = join(root, file);
  const real = await realpath(absolute).catch((error: unknown) => refuse(path, error));
  if (!isWithin(root, real)) {
    throw new Error(
      `path ${quoted(path)} leads out of the bundle's folder: ${await describeLink(root, file, real)}`,
    );
  }
  const found = await stat(real).catch((error: unknown) => refuse(path, error));
  const kind = kindOf(found);
  if (kind !== 'file' && kind !== 'folder')
    throw new Error(`path ${quoted(path)} is a ${kind}, neither a file nor a folder`);
  return { path: absolute, file, kind, size: found.size, mode: found.mode };
}

/** True when `path` is `root` or below it; both absolute, symlinks resolved. */
export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** What a thing in the file system is, in words. */
export function kindOf(found: Stats): string {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  if (found.isSymbolicLink()) return 'symlink';
  if (found.isSocket()) return 'socket';
  if (found.isFIFO()) return 'named pipe';
  return 'device';
}

/** Names the first symlink on the way, which is what must be mended. */
async function describeLink(root: string, file: string, real: string): Promise<string> {
  const parts = file.split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const step = parts.slice(0, length).join('/');
    if ((await lstat(join(root, step))).isSymbolicLink()) {
      return `the symlink ${quoted(step)} points to ${quoted(await readlink(join(root, step)))}`;
    }
  }
  return `it lies at ${quoted(real)}`;
}

function refuse(path: string, error: unknown): never {
  throw new Error(`path ${quoted(path)} cannot be used: ${printable(systemReason(error))}`, { cause: error });
}
