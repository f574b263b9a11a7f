// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteReader } from '../../bundle/archive/byte-reader.ts';
import { readTar, type TarEntry } from '../../bundle/archive/tar-reader.ts';
import { unpackStream } from '../../bundle/archive/unpack-stream.ts';
import type { GivenImage } from './read-node-image.ts';

/** The layers of an image as files, in their order; disposing removes the copies. */
export interface LayerFiles extends AsyncDisposable {
  readonly paths: readonly string[];
}

/**
 * Blobs of a layout's folder are used where they lie; out of an archive they are copied to `scratch`, since its order is not theirs.
 * Throws an Error when one is gone meanwhile.
 */
export async function layerFiles({ path, kind, layers }: GivenImage, scratch: string): Promise<LayerFiles> {
  if (kind === 'oci-layout') {
    return { paths: layers.map(({ name }) => join(path, name)), [Symbol.asyncDispose]: async () => {} };
  }
  const copies = new Map(layers.map(({ name }, index) => [name, join(scratch, `layer-${index}`)]));
  const waiting = new Map(copies);
  const reader = new ByteReader(unpackStream(createReadStream(path, { highWaterMark: 2 ** 20 })));
  try {
    for await (const entry of readTar(reader)) {
      const name = posix.normalize(entry.name);
      const to = entry.type === 'file' ? waiting.get(name) : undefined;
      if (to === undefined) continue;
      await pipeline(Readable.from(contentOf(entry)), createWriteStream(to, { flags: 'wx' }));
      waiting.delete(name);
      if (waiting.size === 0) break;
    }
  } finally {
    await reader.close();
  }
  if (waiting.size > 0) throw new Error('it changed while it was read');
  return {
    paths: layers.map(({ name }) => copies.get(name) ?? ''),
    async [Symbol.asyncDispose]() {
      for (const copy of copies.values()) await rm(copy, { force: true });
    },
  };
}

async function* contentOf(entry: TarEntry): AsyncGenerator<Buffer> {
  for (let chunk = await entry.read(); chunk !== null; chunk = await entry.read()) yield chunk;
}
