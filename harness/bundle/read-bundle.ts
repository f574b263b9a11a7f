// SPDX-License-Identifier: Apache-2.0
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Bundle } from '../core/bundle.ts';
import { printable } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import { assemble, type Layout } from './assemble.ts';
import { bundleError } from './bundle-error.ts';
import { readBundleYaml } from './bundle-yaml.ts';
import { LOOKED_FOR, readK3sDirectory } from './k3s-directory.ts';

const BUNDLE_FILE = 'bundle.yaml';
const GATE_NAME = /(?:^|\.)gate\.ya?ml$/;

/**
 * Reads a bundle and verifies every digest in it; changes nothing. Two forms: a folder with a bundle.yaml (or the path of that file), and a K3s
 * air-gap directory.
 *
 * @param path as the user gave it
 * @throws HarnessError (bundle), one for each thing that can be wrong, with file:line:column where there is one
 */
export async function readBundle(path: string): Promise<Bundle> {
  const given = await locate(path);
  const { root, file } = given.isFolder ? { root: given.real, file: null } : fileInFolder(given.real, path);
  const names = await readNames(root);
  const layout = await readLayout(root, file, names);
  const gates = names.filter((name) => GATE_NAME.test(name));
  return await assemble({
    ...layout,
    files: layout.files.filter((found) => !gates.includes(found.file)),
    ignored: [...layout.ignored, ...gates.map((name) => ({ file: name, reason: GATE_REASON }))],
  });
}

const GATE_REASON =
  'a gate belongs to the owner of the site, not into the bundle: a vendor cannot accept its own leaks';

async function readLayout(root: string, file: string | null, names: readonly string[]): Promise<Layout> {
  if (file !== null) return await readBundleYaml(root, file);
  if (names.includes(BUNDLE_FILE)) return await readBundleYaml(root, BUNDLE_FILE);
  if (names.length === 0)
    throw bundleError(`the bundle "${printable(root)}" is an empty folder`, `looked for: ${LOOKED_FOR}`);
  if (names.includes('bundle.yml')) {
    throw bundleError(
      `the bundle "${printable(root)}" has a bundle.yml but no bundle.yaml`,
      'rename it to bundle.yaml',
    );
  }
  if (names.includes('Chart.yaml')) {
    throw bundleError(
      `the folder "${printable(root)}" is itself a Helm chart`,
      'put it into charts/ of a folder that also holds its images, and give that folder',
    );
  }
  const layout = await readK3sDirectory(root);
  if (layout === null)
    throw bundleError(
      `the folder "${printable(root)}" is not a bundle: nothing in it tells what it is`,
      `looked for: ${LOOKED_FOR}`,
    );
  return layout;
}

async function locate(path: string): Promise<{ real: string; isFolder: boolean }> {
  try {
    const real = await realpath(path);
    return { real, isFolder: (await stat(real)).isDirectory() };
  } catch (error) {
    throw bundleError(
      `cannot read the bundle "${printable(path)}": ${systemReason(error)}`,
      'give the path of a folder that holds a bundle',
      error,
    );
  }
}

function fileInFolder(real: string, path: string): { root: string; file: string } {
  if (/\.ya?ml$/.test(real)) return { root: dirname(real), file: basename(real) };
  throw bundleError(
    `"${printable(path)}" is neither a folder nor a bundle.yaml`,
    `a bundle is a folder; unpack archives first. Looked for: ${LOOKED_FOR}`,
  );
}

async function readNames(root: string): Promise<string[]> {
  try {
    return (await readdir(root)).toSorted();
  } catch (error) {
    throw bundleError(
      `cannot read the folder "${printable(root)}": ${systemReason(error)}`,
      'give the user that runs the harness the right to read it',
      error,
    );
  }
}
