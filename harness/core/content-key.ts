// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export interface KeyInputs {
  /** Folders and files whose content counts. */
  readonly paths: readonly string[];
  /** Anything else that the result depends on: versions, flags, lists. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
  /** Files that do not change the result, by their path below the folder. @default none */
  readonly ignore?: (path: string) => boolean;
}

/** True for what lies beside Go sources and changes nothing of the program that is built of them. */
export function isBesideGo(path: string): boolean {
  return path.endsWith('_test.go') || path.endsWith('.md');
}

/**
 * A short name for "made from exactly this": equal inputs, equal key; paths above the given folders do not count.
 * @returns 16 hex digits
 */
export async function contentKey(inputs: KeyInputs): Promise<string> {
  const hash = createHash('sha256');
  for (const path of inputs.paths) {
    for (const line of await describe(path, inputs.ignore ?? (() => false))) hash.update(`${line}\n`);
    hash.update('\n');
  }
  const values = Object.entries(inputs.values ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  hash.update(JSON.stringify(values));
  return hash.digest('hex').slice(0, 16);
}

/** One line a file: its path, whether it is executable, its digest or where it links to. */
async function describe(root: string, ignore: (path: string) => boolean): Promise<string[]> {
  const files = (await lstat(root)).isDirectory() ? await filesBelow(root) : [root];
  const lines: string[] = [];
  for (const file of files) {
    const name = relative(root, file).split(sep).join('/');
    if (ignore(name)) continue;
    const stat = await lstat(file);
    const content = stat.isSymbolicLink() ? await readlink(file) : await readFile(file);
    const kind = stat.isSymbolicLink() ? 'link' : (stat.mode & 0o111) === 0 ? 'file' : 'program';
    lines.push(`${name} ${kind} ${createHash('sha256').update(content).digest('hex')}`);
  }
  return lines.toSorted();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
