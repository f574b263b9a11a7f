// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { unpackStream } from '../../bundle/archive/unpack-stream.ts';
import { hostRunner } from '../../core/runner.ts';

export interface LayerTarget {
  /** Digest that the plain tar must have. */
  readonly diffId: string;
  /** Folder that holds the layers below. */
  readonly root: string;
  /** Path of the program airgap-node. */
  readonly agent: string;
  /** Number of the layer, for messages. */
  readonly layer: number;
}

/**
 * Applies a layer (a tar, plain or compressed) to a folder: files with mode, owner, times and capabilities, links, whiteouts. By a process
 * whose root is that folder, so that nothing in a layer leads out of it. Throws an Error that names the layer and the entry.
 */
export async function unpackLayer(file: string, { diffId, root, agent, layer }: LayerTarget): Promise<void> {
  await using unpack = hostRunner.spawn([agent, 'unpack', root]);
  unpack.stdout.resume();
  const hash = createHash('sha256');
  const digested = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of unpackStream(createReadStream(file, { highWaterMark: 2 ** 20 }))) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const [said, fed] = await Promise.all([
    text(unpack.stderr),
    pipeline(digested, unpack.stdin).then(
      () => null,
      (error: unknown) => ({ error }), // a program that ends early breaks the pipe: its exit code tells
    ),
  ]);
  const { exitCode } = await unpack.ended;
  if (exitCode !== 0) throw new Error(`layer ${layer}: ${said.trim() || `exit code ${exitCode}`}`);
  if (fed !== null) throw fed.error;
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== diffId) throw new Error(`layer ${layer} changed while it was read: its digest is ${digest}`);
}
