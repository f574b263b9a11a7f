// SPDX-License-Identifier: Apache-2.0

/** A member of a tar that a test writes byte by byte, so that it can be wrong in any way. */
export interface RawMember {
  readonly name: string;
  /** Type flag. @default 0 */
  readonly flag?: string;
  readonly linkName?: string;
  readonly content?: string | Buffer;
  /** What the header claims. @default the content's length */
  readonly size?: number;
  /** Puts the size in base-256, as GNU tar does above 8 GiB. */
  readonly base256?: boolean;
  /** @default ustar\0 and 00 */
  readonly magic?: string;
  readonly prefix?: string;
  readonly badChecksum?: boolean;
}

const BLOCK = 512;
/** The two empty blocks that end a tar. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** Members without the end marker. */
export function rawMembers(members: readonly RawMember[]): Buffer {
  return Buffer.concat(
    members.flatMap((member) => [header(member), padded(Buffer.from(member.content ?? ''))]),
  );
}

/** A whole tar. */
export function rawTar(members: readonly RawMember[]): Buffer {
  return Buffer.concat([rawMembers(members), TAR_END]);
}

/** A pax extended header for the member that follows. */
export function paxHeader(records: Readonly<Record<string, string>>): RawMember {
  return { name: 'PaxHeaders/x', flag: 'x', content: Object.entries(records).map(paxRecord).join('') };
}

function paxRecord([key, value]: [string, string]): string {
  const body = Buffer.byteLength(` ${key}=${value}\n`);
  let length = body + 1;
  while (String(length).length + body !== length) length += 1;
  return `${length} ${key}=${value}\n`;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

function header(member: RawMember): Buffer {
  const block = Buffer.alloc(BLOCK);
  const size = member.size ?? Buffer.byteLength(member.content ?? '');
  block.write(member.name, 0, 100);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  if (member.base256 === true) {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  } else block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(member.flag ?? '0', 156);
  block.write(member.linkName ?? '', 157, 100);
  block.write(member.magic ?? 'ustar\u000000', 257);
  block.write(member.prefix ?? '', 345, 155);
  let sum = 8 * 0x20;
  for (const byte of block) sum += byte;
  if (member.badChecksum === true) sum += 1;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
