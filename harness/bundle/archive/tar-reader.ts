// SPDX-License-Identifier: Apache-2.0
import { quoted } from '../../core/printable.ts';
import type { ByteReader } from './byte-reader.ts';
import { BLOCK, checkedSize, isHeader, parseHeader, parsePax, type TarHeader } from './tar-header.ts';

/** An entry of a tar archive; `read` gives its content piece by piece, then null. What is not read is skipped. */
export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hard link';
  readonly linkName: string;
  readonly size: number;
  read(): Promise<Buffer | null>;
}

/** Long names and pax headers are a few hundred bytes; more is an attack on memory. */
const MAX_EXTENSION = 2 ** 20;

const ZEROS = Buffer.alloc(BLOCK * 128);

/** Flags of POSIX and GNU tar; the special files have no business in an image archive. */
const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '7': 'file',
  '1': 'hard link',
  '2': 'symlink',
  '5': 'folder',
};
const SPECIAL: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a named pipe',
  S: 'a sparse file',
};

/**
 * The entries of a tar archive, in order. Stricter than tar-stream, which takes an archive that was cut off between two entries for a
 * whole one and reads on behind the end marker, where Go's archive/tar (so containerd and K3s) stops [measured with 3.2.2]: here the two
 * empty blocks must be there, and nothing but zeros may follow.
 *
 * Throws an Error that says what is wrong and at which offset of the plain archive.
 */
export async function* readTar(reader: ByteReader): AsyncGenerator<TarEntry> {
  for (;;) {
    const header = await nextHeader(reader);
    if (header === null) return;
    const type = TYPES[header.flag];
    if (type === undefined) {
      throw new Error(
        `entry ${quoted(header.name)} is ${SPECIAL[header.flag] ?? `of the unknown type ${quoted(header.flag)}`}`,
      );
    }
    const size = type === 'file' ? header.size : 0; // only a regular file has content, whatever the header says
    const end = reader.offset + size;
    const read = async (): Promise<Buffer | null> => {
      if (reader.offset >= end) return null;
      return (
        (await reader.some(end - reader.offset)) ?? cutOff(reader, `in the content of ${quoted(header.name)}`)
      );
    };
    yield { name: header.name, type, linkName: header.linkName, size, read };
    while ((await read()) !== null);
    await skipPadding(reader, size);
  }
}

/** The next entry's header with its long names filled in, or null at the end marker. */
async function nextHeader(reader: ByteReader): Promise<TarHeader | null> {
  let longName: string | undefined;
  let longLink: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const at = reader.offset;
    const block = await reader.exactly(BLOCK);
    if (block.length < BLOCK) return cutOff(reader, 'before the two empty blocks that end a tar archive');
    if (isZero(block)) {
      await checkEnd(reader);
      return null;
    }
    if (!isHeader(block))
      throw new Error(at === 0 ? 'it is no tar archive' : 'a tar header has a wrong checksum');
    const header = parseHeader(block);
    if (header.flag === 'L') longName = cString(await extension(reader, header));
    else if (header.flag === 'K') longLink = cString(await extension(reader, header));
    else if (header.flag === 'x') pax = parsePax(await extension(reader, header));
    else if (header.flag === 'g') await extension(reader, header);
    else return merge(header, longName, longLink, pax);
  }
}

function merge(
  header: TarHeader,
  longName: string | undefined,
  longLink: string | undefined,
  pax: ReadonlyMap<string, string>,
): TarHeader {
  const size = pax.get('size');
  for (const key of pax.keys())
    if (key.startsWith('GNU.sparse.')) throw new Error(`entry ${quoted(header.name)} is a sparse file`);
  return {
    name: pax.get('path') ?? longName ?? header.name,
    linkName: pax.get('linkpath') ?? longLink ?? header.linkName,
    flag: header.flag,
    size: size === undefined ? header.size : checkedSize(Number(size)),
  };
}

async function extension(reader: ByteReader, { size }: TarHeader): Promise<Buffer> {
  if (size > MAX_EXTENSION) throw new Error(`a tar extended header claims ${size} bytes`);
  const data = await reader.exactly(size);
  if (data.length < size) cutOff(reader, 'in an extended header');
  await skipPadding(reader, size);
  return data;
}

async function skipPadding(reader: ByteReader, size: number): Promise<void> {
  const padding = (BLOCK - (size % BLOCK)) % BLOCK;
  if ((await reader.exactly(padding)).length < padding) cutOff(reader, 'after the content of an entry');
}

/** After the first empty block: a second one, then zeros until the end of the file (GNU tar pads to 10 KiB). */
async function checkEnd(reader: ByteReader): Promise<void> {
  const second = await reader.exactly(BLOCK);
  if (second.length < BLOCK) cutOff(reader, 'within the two empty blocks that end a tar archive');
  let next: Buffer | null = second;
  while (next !== null) {
    if (!isZero(next)) {
      throw new Error(
        'data follows the end of its tar archive, where K3s would not see it (were two archives joined?)',
      );
    }
    next = await reader.some(ZEROS.length);
  }
}

function cutOff(reader: ByteReader, where: string): never {
  throw new Error(`it is cut off ${where}, at byte ${reader.offset} of the plain archive`);
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}

function cString(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end === -1 ? data.length : end);
}
