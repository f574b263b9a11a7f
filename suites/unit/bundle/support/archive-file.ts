// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageArchive } from '../../../../harness/bundle/archive/read-image-archive.ts';
import { readImageArchive } from '../../../../harness/bundle/archive/read-image-archive.ts';
import { HarnessError } from '../../../../harness/core/errors.ts';

/** Writes bytes as `images/a.tar` of a bundle and reads them as an image archive. */
export async function readBytes(folder: string, bytes: Buffer): Promise<ImageArchive> {
  const path = join(folder, 'a.tar');
  await writeFile(path, bytes);
  return await readImageArchive({
    path,
    file: 'images/a.tar',
    kind: 'file',
    size: bytes.length,
    mode: 0o644,
  });
}

/** The one error that reading gives; what stands behind "cannot be used: ". Anything else fails the test. */
export async function refusal(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HarnessError) || error.code !== 'bundle' || error.hint === undefined) throw error;
  return error.message.replace('image archive "images/a.tar" cannot be used: ', '');
}
