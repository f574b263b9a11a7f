// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';

/** Says the mode of a regular file; anything else is refused before a byte of it is read. */
const MODE = 'test -f "$1" || { echo "it is no file" >&2; exit 1; }; exec stat -Lc %a -- "$1"';

/**
 * Copies a file out of a node, through nothing but its `exec` and `spawn`: the same for every provider. One file only, and
 * never an archive: what a node says must not choose where something is written on the host.
 *
 * @param from path inside the node; a symbolic link is followed there
 * @param to path on the host; replaced when all of it has come, with the permissions of the original (rwx, no set-id)
 * @throws HarnessError (harness) with the reason; `to` is as it was then
 */
export async function downloadFile(
  node: Pick<RunningNode, 'name' | 'exec' | 'spawn'>,
  from: string,
  to: string,
): Promise<void> {
  const failed = (reason: string, cause?: unknown): HarnessError =>
    new HarnessError(`cannot copy "${from}" of node "${node.name}" to "${to}": ${reason}`, {
      code: 'harness',
      ...(cause === undefined ? {} : { cause }),
    });
  const mode = await node.exec(['sh', '-c', MODE, 'sh', from]);
  if (mode.exitCode !== 0) throw failed(mode.stderr.trim());
  const part = `${to}.part`;
  try {
    await using reader = node.spawn(['cat', '--', from]);
    reader.stdin.end();
    const stderr = text(reader.stderr);
    await pipeline(reader.stdout, createWriteStream(part));
    const { exitCode, signal } = await reader.ended;
    // A node that goes away ends the stream like a file that is over.
    if (exitCode !== 0) throw new Error((await stderr).trim() || `cat ended by ${signal}`);
    await chmod(part, Number.parseInt(mode.stdout, 8) & 0o777);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw failed(reasonOf(error), error);
  }
}
