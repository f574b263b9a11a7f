// SPDX-License-Identifier: Apache-2.0

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'lz4' | 'xz';

/** Bytes that are enough to tell. */
export const MAGIC_LENGTH = 10;

const BZIP2_BLOCK = Buffer.from('314159265359', 'hex');

/**
 * How data is compressed, by its first bytes and not by a name. Magic numbers: RFC 1952 (gzip), RFC 8878 (zstd, and skippable frames, with
 * which pzstd and zstd:chunked begin), LZ4 frame format 1.6, bzip2 and xz file formats. bzip2's three letters could begin a tar as well:
 * its block's magic must follow.
 */
export function compressionOf(head: Buffer): Compression {
  if (head.length >= 2 && head.readUInt16BE() === 0x1f8b) return 'gzip';
  if (/^BZh[1-9]$/.test(head.toString('latin1', 0, 4)) && BZIP2_BLOCK.equals(head.subarray(4, 10)))
    return 'bzip2';
  if (head.length < 4) return 'none';
  const magic = head.readUInt32LE();
  if (magic === 0xfd2fb528 || (magic >= 0x184d2a50 && magic <= 0x184d2a5f)) return 'zstd';
  if (magic === 0x184d2204) return 'lz4';
  return head.toString('hex', 0, 6) === 'fd377a585a00' ? 'xz' : 'none';
}
