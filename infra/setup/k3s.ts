// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HarnessError } from '../../harness/core/errors.ts';
import type { Assets } from '../../harness/core/assets.ts';
import type { AssetCache } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { outputOf, runSealed } from './exec.ts';
import { GO_ENV } from './go-toolchain.ts';
import type { GoToolchain } from './go-toolchain.ts';

export type K3sAsset = Assets['k3s'];

const AIRGAP_IMAGES = /^k3s-airgap-images-.*\.tar(\.(gz|zst|lz4|bz2))?$/;

/**
 * A K3s binary that the user brings, with the platform images beside it.
 * @throws HarnessError (setup) when it is no K3s or its images are missing
 */
export async function givenK3s(binary: string): Promise<K3sAsset> {
  const version = await versionOf(binary);
  const folder = dirname(binary);
  const images = (await readdir(folder)).filter((name) => AIRGAP_IMAGES.test(name)).toSorted();
  if (images.length === 0) {
    throw new HarnessError(
      `no k3s-airgap-images-*.tar* lies beside ${binary}, so its nodes could not start`,
      {
        code: 'setup',
        hint: `put the release's k3s-airgap-images archive into ${folder}`,
      },
    );
  }
  return { binary, images: images.map((name) => join(folder, name)), standIn: false, version };
}

/**
 * The stand-in of infra/k3s-compat, built unless the cache has it.
 * @param sources the folder infra/k3s-compat
 * @throws HarnessError (setup)
 */
export async function standInK3s(
  sources: string,
  cache: AssetCache,
  go: GoToolchain,
  run: { readonly log: string; readonly signal: AbortSignal },
): Promise<K3sAsset & { readonly made: boolean }> {
  const key = await contentKey({
    paths: [sources],
    values: { go: go.version },
    ignore: (path) => /_test\.go$|\.md$|install\.sh$/.test(path),
  });
  const asset = await cache.get('k3s', key, async (folder, scratch) => {
    const env = { ...GO_ENV, GO: go.program, TMPDIR: scratch };
    await runSealed(['bash', join(sources, 'build.sh'), folder], { ...run, env });
    await writeFile(join(folder, 'version'), await versionOf(join(folder, 'k3s')));
  });
  const images = (await readdir(asset.folder)).filter((name) => AIRGAP_IMAGES.test(name));
  return {
    binary: join(asset.folder, 'k3s'),
    images: images.map((name) => join(asset.folder, name)),
    standIn: true,
    version: await readFile(join(asset.folder, 'version'), 'utf8'),
    made: asset.made,
  };
}

/** First line of `k3s --version`; the executable must say that it is K3s. */
export async function versionOf(binary: string): Promise<string> {
  const output = await outputOf([binary, '--version']);
  const first = output?.split('\n')[0] ?? '';
  if (!first.startsWith('k3s version')) {
    const said = output === null ? 'it could not be run' : `"${basename(binary)} --version" said "${first}"`;
    throw new HarnessError(`${binary} is no K3s binary: ${said}`, {
      code: 'setup',
      hint: 'give the executable of a K3s release (named k3s) with --k3s or AIRGAP_K3S',
    });
  }
  return first;
}
