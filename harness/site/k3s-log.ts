// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { K3S } from '../core/k3s-paths.ts';
import type { RunningNode } from '../core/node.ts';

/** A log that is longer says the same again and again. */
const MOST_BYTES = 16 * 2 ** 20;

/** Copies K3s's log (the last 16 MiB of it) out of the node and returns it. */
export async function saveLog(node: RunningNode, logFile: string): Promise<string> {
  const { stdout } = await node.exec(['tail', '-c', String(MOST_BYTES), K3S.log], {
    timeoutMs: 10_000,
  });
  await writeFile(logFile, stdout);
  return stdout;
}
