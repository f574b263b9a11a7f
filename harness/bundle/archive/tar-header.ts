// SPDX-License-Identifier: Apache-2.0

export const BLOCK = 512;

/** One header block of a tar archive (POSIX pax interchange format, with GNU's long names and base-256 sizes). */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  /** The type flag as a character; the old NUL for a regular file comes as `0`. */
  readonly flag: string;
  readonly size: number;
}

/** True when the block's checksum fits, which tells a header from anything else. */
export function isHeader(block: Buffer): boolean {
  return octal(block, 148, 8) === checksum(block);
}

/** Reads a header block of 512 bytes. Throws an Error when its size is impossible. */
export function parseHeader(block: Buffer): TarHeader {
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const flag = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    flag: flag === '0' && name.endsWith('/') ? '5' : flag, // archives from before POSIX mark folders so
    size: sizeOf(block),
  };
}

/** Records of a pax extended header: `length key=value\n`, length in bytes of the whole record. */
export function parsePax(data: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(data.toString('latin1', at, space));
    const end = at + length;
    const record = data.toString('utf8', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (
      !Number.isSafeInteger(length) ||
      end <= space ||
      end > data.length ||
      equals < 1 ||
      data[end - 1] !== 0x0a
    ) {
      throw new Error('a tar extended header is malformed');
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** A decimal or octal number as a size in bytes; throws when it is none. */
export function checkedSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('a tar header has an impossible size');
  return size;
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function sizeOf(block: Buffer): number {
  const first = block[124] ?? 0;
  if (first < 0x80) return checkedSize(octal(block, 124, 12));
  // base-256: a size above 8 GiB; the top bit is the marker, a set second bit would be a negative number
  const digits = block.subarray(125, 136);
  return checkedSize(first === 0x80 ? Number(BigInt(`0x${digits.toString('hex')}`)) : Number.NaN);
}

/** Sum of all bytes with the checksum's own field read as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (const [index, byte] of block.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum;
}
