// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ByteReader } from '../../bundle/archive/byte-reader.ts';
import { compressionOf, MAGIC_LENGTH } from '../../bundle/archive/compression.ts';
import { readTar, type TarEntry } from '../../bundle/archive/tar-reader.ts';
import { unpackStream } from '../../bundle/archive/unpack-stream.ts';

/** A file of an image archive that lies unpacked in a folder now. */
export interface UnpackedMember {
  readonly path: string;
  readonly size: number;
  readonly compression: 'none' | 'gzip' | 'zstd' | 'other';
}

/** Names in the archive => the files; of symlinks and hard links => what they stand for. */
export interface UnpackedArchive {
  readonly members: ReadonlyMap<string, UnpackedMember>;
  readonly links: ReadonlyMap<string, string>;
}

const READ_SIZE = 4 * 2 ** 20;

/**
 * Unpacks an image archive of the bundle, which was read and verified before, into a folder: its files get numbers for names, so
 * that nothing in the archive decides where anything is written. Throws an Error when it cannot be read or written.
 */
export async function unpackArchive(archive: string, folder: string): Promise<UnpackedArchive> {
  const members = new Map<string, UnpackedMember>();
  const links = new Map<string, string>();
  const file = createReadStream(archive, { highWaterMark: READ_SIZE });
  const reader = new ByteReader(unpackStream(file as AsyncIterable<Buffer>));
  try {
    for await (const entry of readTar(reader)) {
      const name = posix.normalize(entry.name);
      if (entry.type === 'file') members.set(name, await write(entry, join(folder, String(members.size))));
      else if (entry.type === 'symlink') links.set(name, posix.join(posix.dirname(name), entry.linkName));
      else if (entry.type === 'hard link') links.set(name, posix.normalize(entry.linkName));
    }
  } finally {
    await reader.close();
    file.destroy();
  }
  return { members, links };
}

async function write(entry: TarEntry, path: string): Promise<UnpackedMember> {
  await using file = await open(path, 'w', 0o600);
  let head = Buffer.alloc(0);
  for (let chunk = await entry.read(); chunk !== null; chunk = await entry.read()) {
    if (head.length < MAGIC_LENGTH) head = Buffer.concat([head, chunk.subarray(0, MAGIC_LENGTH)]);
    await file.writeFile(chunk);
  }
  const compression = compressionOf(head);
  const isLayers = compression === 'none' || compression === 'gzip' || compression === 'zstd';
  return { path, size: entry.size, compression: isLayers ? compression : 'other' };
}

/** The member that a name stands for, links followed. Throws an Error when there is none. */
export function memberOf({ members, links }: UnpackedArchive, name: string): UnpackedMember {
  let at = posix.normalize(name);
  for (let steps = 0; steps < MOST_LINKS; steps += 1) {
    const member = members.get(at);
    if (member !== undefined) return member;
    const to = links.get(at);
    if (to === undefined) break;
    at = to;
  }
  throw new Error(`"${name}" is not in it`);
}

const MOST_LINKS = 40;
