// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { HarnessError } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import type { RunningNode } from '../core/node.ts';

/** A log that is longer says the same again and again. */
const MOST_BYTES = 16 * 2 ** 20;
const LIMIT_MS = 10_000;

/**
 * Copies K3s's log (the last 16 MiB of it) out of the node and returns it. Throws HarnessError (harness), and leaves the file
 * as it is, when the node does not give it in time.
 *
 * @param isUrgent somebody waits for the end: a slow node has no longer than any other
 */
export async function saveLog(node: RunningNode, logFile: string, isUrgent = false): Promise<string> {
  const limitMs = LIMIT_MS * (isUrgent ? 1 : node.pace);
  const argv = ['tail', '-c', String(MOST_BYTES), K3S.log];
  const { stdout, timedOut } = await node.exec(argv, { timeoutMs: limitMs });
  if (timedOut) {
    throw new HarnessError(`K3s's log of node "${node.name}" could not be read in ${limitMs / 1000} s`, {
      code: 'harness',
    });
  }
  await writeFile(logFile, stdout);
  return stdout;
}
