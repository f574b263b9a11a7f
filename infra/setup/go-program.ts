// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { AssetCache } from './cache.ts';
import { contentKey, isBesideGo } from '../../harness/core/content-key.ts';
import { runSealed } from './exec.ts';
import { GO_ENV } from './go-toolchain.ts';
import type { GoToolchain } from './go-toolchain.ts';

export interface GoProgram {
  /** Name of the executable and of its asset. */
  readonly name: string;
  /** Folder with go.mod. */
  readonly sources: string;
  /** Package to build, as `go build` names it. */
  readonly package: string;
  /** What the linker writes into it: `-X import/path.name=value`. @default nothing */
  readonly variables?: Readonly<Record<string, string>>;
  /** `386`: a 32-bit program. @default this machine's */
  readonly architecture?: '386';
}

/** A static executable, built unless the cache has it. */
export interface BuiltProgram {
  readonly path: string;
  readonly key: string;
  readonly made: boolean;
}

/** @throws HarnessError (setup) with the compiler's last lines */
export async function buildGoProgram(
  program: GoProgram,
  cache: AssetCache,
  go: GoToolchain,
  run: { readonly log: string; readonly signal: AbortSignal },
): Promise<BuiltProgram> {
  const set = Object.entries(program.variables ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
  const architecture = program.architecture === undefined ? {} : { GOARCH: program.architecture };
  const flags = ['-trimpath', '-buildvcs=false', `-ldflags=-s -w${set.join('')}`];
  const key = await contentKey({
    paths: [program.sources],
    values: { go: go.version, flags, package: program.package, ...architecture },
    ignore: isBesideGo,
  });
  const asset = await cache.get(program.name, key, async (folder, scratch) => {
    const command = [go.program, 'build', ...flags, '-o', join(folder, program.name), program.package];
    await runSealed(command, {
      ...run,
      cwd: program.sources,
      env: { ...GO_ENV, ...architecture, TMPDIR: scratch },
    });
  });
  return { path: join(asset.folder, program.name), key, made: asset.made };
}
