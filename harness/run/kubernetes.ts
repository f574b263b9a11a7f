// SPDX-License-Identifier: Apache-2.0
import { access, constants, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Bundle } from '../core/bundle.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { archivesFor } from './needed-parts.ts';

/** Name of K3s's install script where it lies beside the executable. */
const INSTALLER = 'install.sh';

/** Which Kubernetes runs, and with which of its own image archives. All paths absolute. */
export interface ChosenKubernetes {
  readonly binary: string;
  readonly platformArchives: readonly string[];
  /** Install script, of the bundle or beside the executable, else setup's; null: there is none. */
  readonly installer: string | null;
  /** Says where it comes from: `--k3s PATH`, `bundle`, `setup`. */
  readonly from: string;
}

/**
 * `--k3s`, else the bundle's own, else the one that setup keeps (design.md, "Which Kubernetes runs"). A bundle that brings
 * K3s is tested with it: replacing it needs `--stand-in`. Throws HarnessError (usage) for a binary that is none.
 */
export async function chooseKubernetes(
  bundle: Bundle,
  options: { readonly k3s: string | null; readonly standIn: boolean; readonly assets: Assets },
): Promise<ChosenKubernetes> {
  const { assets } = options;
  const installer = assets.k3s.installer ?? null;
  const keptAs = (from: string): ChosenKubernetes => ({
    binary: assets.k3s.binary,
    platformArchives: [...assets.k3s.images, ...archivesFor(assets, bundle)],
    installer,
    from,
  });
  if (options.k3s !== null) {
    const binary = resolve(options.k3s);
    await needExecutable(binary);
    const archives = (await readdir(dirname(binary))).filter((name) => name.startsWith('k3s-airgap-images'));
    return {
      binary,
      platformArchives: archives.map((name) => join(dirname(binary), name)),
      installer: (await readable(join(dirname(binary), INSTALLER))) ?? installer,
      from: `--k3s ${binary}`,
    };
  }
  if (bundle.kubernetes.binary === null) return keptAs('setup');
  if (options.standIn) return keptAs('setup, in place of the bundle’s own (--stand-in)');
  return {
    binary: bundle.kubernetes.binary,
    platformArchives: bundle.kubernetes.imageArchives,
    installer: bundle.items.some(({ file }) => file === INSTALLER) ? join(bundle.root, INSTALLER) : installer,
    from: `bundle (${basename(bundle.kubernetes.binary)})`,
  };
}

async function needExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    throw new HarnessError(`--k3s "${path}" is not a program that can be run: ${reasonOf(error)}`, {
      code: 'usage',
      hint: 'give the path of a K3s executable',
    });
  }
}

async function readable(path: string): Promise<string | null> {
  return await access(path, constants.R_OK).then(
    () => path,
    () => null,
  );
}
