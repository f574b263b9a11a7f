// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostRunner, runOrThrow } from '../../harness/core/runner.ts';
import type { PlantedNode } from './types.ts';

/**
 * Copies a node image and plants things in the copy.
 *
 * @param from root file system; stays as it is
 * @param to folder that does not exist yet
 * @param maker leak-maker
 */
export async function plantInNode(
  planted: readonly PlantedNode[],
  { from, to, maker }: { readonly from: string; readonly to: string; readonly maker: string },
): Promise<void> {
  await runOrThrow(hostRunner, ['cp', '--archive', '--reflink=auto', from, to]);
  const place = async (path: string, write: (file: string) => Promise<void>): Promise<void> => {
    const file = join(to, path);
    await mkdir(dirname(file), { recursive: true });
    await write(file);
  };
  for (const { makers, texts } of planted) {
    for (const path of makers) await place(path, async (file) => await copyFile(maker, file));
    for (const [path, text] of Object.entries(texts))
      await place(path, async (file) => await writeFile(file, text));
  }
}
