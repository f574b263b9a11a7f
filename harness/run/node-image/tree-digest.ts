// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { HarnessError } from '../../core/errors.ts';
import { hostRunner } from '../../core/runner.ts';

/** Names sorted, owners as numbers, no times: equal trees, equal bytes. */
const CANONICAL = ['--sort=name', '--format=gnu', '--numeric-owner', '--mtime=@0', '--one-file-system'];

/**
 * A digest of a folder's content, names, modes and owners: `sha256:<hex>` of what
 * `tar --sort=name --format=gnu --numeric-owner --mtime=@0 --one-file-system -C FOLDER -cf - .` writes.
 * Throws HarnessError (config) when it cannot be read.
 */
export async function treeDigest(folder: string): Promise<string> {
  await using tar = hostRunner.spawn(['tar', ...CANONICAL, '-C', folder, '-cf', '-', '.']);
  tar.stdin.end();
  const hash = createHash('sha256');
  const [said] = await Promise.all([text(tar.stderr), pipeline(tar.stdout, hash)]);
  const { exitCode } = await tar.ended;
  if (exitCode === 0) return `sha256:${hash.digest('hex')}`;
  throw new HarnessError(`node image "${folder}" cannot be read: ${said.trim().split('\n')[0] ?? ''}`, {
    code: 'config',
    hint: 'nothing may change it while a run reads it',
  });
}
