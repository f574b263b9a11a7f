// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CommandRunner } from '../../core/command.ts';
import { errnoOf } from '../../core/errors.ts';
import { runOrThrow } from '../../core/runner.ts';

/** Setup removes folders of the cache with such names (infra/setup/cache.ts). */
const UNFINISHED = '.unfinished-';

/**
 * Puts a finished folder into the cache, as a whole or not at all. One that is there already stays: another one was faster.
 * Throws what the system says, or HarnessError (harness) when it must be copied and cannot be.
 */
export async function moveFolder(runner: CommandRunner, from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return;
    if (errnoOf(error) !== 'EXDEV') throw error;
    const beside = join(dirname(to), `${UNFINISHED}${basename(to)}-${randomBytes(4).toString('hex')}`);
    await runOrThrow(runner, ['cp', '-a', '--sparse=always', '--', from, beside]);
    await moveFolder(runner, beside, to);
    await rm(beside, { recursive: true, force: true });
  }
}
