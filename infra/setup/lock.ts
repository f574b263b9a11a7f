// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { HarnessError } from '../../harness/core/errors.ts';
import { systemReason } from '../../harness/core/system-reason.ts';

/**
 * Holds an exclusive lock on a file until disposed. The kernel's lock (flock) is held by a child that ends when
 * its standard input closes, so the lock never outlives this process, however that ends: no stale lock exists.
 *
 * @param onWait called once when another process has the lock, before waiting for it
 * @throws HarnessError (setup) when the file cannot be locked at all
 */
export async function lockFile(path: string, onWait: () => void): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw new HarnessError(`cannot make ${dirname(path)}: ${systemReason(error)}`, {
      code: 'setup',
      hint: 'AIRGAP_CACHE names the folder; it must be writable',
      cause: error,
    });
  });
  const held = (await tryLock(path, ['--nonblock'])) ?? (onWait(), await tryLock(path, []));
  if (held === null) {
    throw new HarnessError(`cannot lock ${path}`, {
      code: 'setup',
      hint: 'AIRGAP_CACHE names the folder; it must be writable',
    });
  }
  return held;
}

async function tryLock(path: string, flags: readonly string[]): Promise<AsyncDisposable | null> {
  // --close: only flock itself holds the lock, not the program that it runs
  const holder = execa(
    'flock',
    [...flags, '--exclusive', '--close', path, 'sh', '-c', 'echo locked; exec cat'],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'ignore',
      reject: false,
      cleanup: false,
      buffer: false,
    },
  );
  for await (const _chunk of holder.stdout) {
    return {
      async [Symbol.asyncDispose]() {
        holder.stdin.end();
        await holder;
      },
    };
  }
  await holder;
  return null;
}
