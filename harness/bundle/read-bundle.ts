// SPDX-License-Identifier: Apache-2.0
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bundle } from '../core/bundle.ts';
import { printable } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import { assemble } from './assemble.ts';
import { bundleError } from './bundle-error.ts';
import { readBundleYaml } from './bundle-yaml.ts';
import { kindOf } from './inside.ts';
import { readK3sDirectory } from './k3s-directory.ts';

const BUNDLE_FILE = 'bundle.yaml';

/**
 * Reads and verifies a bundle: a folder with bundle.yaml, that file itself, or a K3s air-gap directory. Every digest is
 * computed, every archive read to its end. Untrusted data: nothing of it is executed.
 *
 * @throws HarnessError (bundle): what is wrong, on which thing, with file:line:column where there is one
 */
export async function readBundle(path: string): Promise<Bundle> {
  const shown = printable(path);
  const found = await stat(path).catch((error: unknown) => {
    throw bundleError(
      `bundle "${shown}" cannot be read: ${systemReason(error)}`,
      'give the folder of a bundle: one with a bundle.yaml, or a K3s air-gap directory',
      error,
    );
  });
  const real = await realpath(path);
  if (found.isFile()) {
    if (basename(real) === BUNDLE_FILE)
      return await assemble(await readBundleYaml(dirname(real), BUNDLE_FILE));
    throw bundleError(`bundle "${shown}" is a file, but no bundle.yaml`, 'unpack it and give the folder');
  }
  if (!found.isDirectory()) throw bundleError(`bundle "${shown}" is a ${kindOf(found)}, not a folder`);
  const declared = await stat(join(real, BUNDLE_FILE)).catch(() => null);
  if (declared !== null) return await assemble(await readBundleYaml(real, BUNDLE_FILE));
  const layout = await readK3sDirectory(real);
  if (layout !== null) return await assemble(layout);
  throw bundleError(
    `folder "${shown}" is no bundle: looked for bundle.yaml, k3s, k3s-airgap-images-*.tar*, image archives (*.tar, *.tar.gz, *.tar.zst ...) and (server/)manifests/*.yaml`,
    'see docs/bundle-yaml.md for what a bundle looks like',
  );
}
