// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckContext } from '../core/cluster.ts';

/** Saves texts under evidence/ of the run folder. Names are made safe for a file system; a taken name gets a number. */
export function evidenceStore(outDir: string): CheckContext['evidence'] {
  return async (name, text) => {
    const safe = name.replaceAll(/[^\w.-]+/g, '_').slice(0, 120);
    for (let n = 1; ; n += 1) {
      const file = `evidence/${n === 1 ? safe : `${safe}-${n}`}.txt`;
      try {
        await writeFile(join(outDir, file), text, { flag: 'wx' });
        return { file };
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
      }
    }
  };
}
