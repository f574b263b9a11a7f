// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { reasonOf } from '../../core/errors.ts';
import { compressionOf, MAGIC_LENGTH } from './compression.ts';
import { type Digested, UnpackedDigest } from './layer-digest.ts';
import type { TarEntry } from './tar-reader.ts';

/** JSON documents of images are some kilobytes; larger ones are not kept. */
export const MAX_DOCUMENT = 4 * 2 ** 20;

/** A file of an image archive after it went by: what is known of it without keeping it. */
export interface Member extends Digested {
  readonly name: string;
  /** Of the plain content when it is compressed with gzip or zstd, of the content itself otherwise; or why that is not known. */
  readonly plain: Digested | { readonly error: string };
  /** The bytes, when they may be a JSON document. */
  readonly document: Buffer | null;
}

/** Reads an entry to its end, once. Throws only when the archive itself is broken. */
export async function readMember(name: string, entry: TarEntry): Promise<Member> {
  const head = await readHead(entry);
  const hash = createHash('sha256');
  const compression = compressionOf(head);
  const unpacked = compression === 'gzip' || compression === 'zstd' ? new UnpackedDigest(compression) : null;
  const mayBeDocument = entry.size <= MAX_DOCUMENT && /^\s*[{[]/.test(head.toString('latin1'));
  const kept: Buffer[] = [];
  let size = 0;
  for (let chunk: Buffer | null = head; chunk !== null; chunk = await entry.read()) {
    const taken = unpacked?.write(chunk); // unpacks on another thread while this one digests
    hash.update(chunk);
    size += chunk.length;
    if (mayBeDocument) kept.push(chunk);
    await taken;
  }
  const digest = `sha256:${hash.digest('hex')}`;
  return {
    name,
    digest,
    size,
    plain: unpacked === null ? { digest, size } : await plainOf(unpacked),
    document: mayBeDocument ? Buffer.concat(kept) : null,
  };
}

async function readHead(entry: TarEntry): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < Math.min(MAGIC_LENGTH, entry.size)) {
    const more = await entry.read();
    if (more === null) break;
    head = Buffer.concat([head, more]);
  }
  return head;
}

async function plainOf(unpacked: UnpackedDigest): Promise<Member['plain']> {
  try {
    return await unpacked.end();
  } catch (error) {
    return { error: reasonOf(error) };
  }
}
