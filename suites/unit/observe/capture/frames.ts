// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';

/** Frames and captures for tests, built byte by byte. */
const MAC = Buffer.from('0202020202020303030303030303'.slice(0, 24), 'hex');

export function ethernet(etherType: number, payload: Buffer, ...vlans: readonly number[]): Buffer {
  const tags = vlans.flatMap((tag) => [0x81, 0x00, tag >> 8, tag & 0xff]);
  return Buffer.concat([MAC, Buffer.from([...tags, etherType >> 8, etherType & 0xff]), payload]);
}

export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  payload: Buffer,
  { id = 1, flags = 0, offset = 0, options = 0 } = {},
): Buffer {
  const header = Buffer.alloc(20 + options);
  header[0] = 0x40 | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE((flags << 13) | offset, 6);
  header[8] = 64;
  header[9] = protocol;
  for (const [at, address] of [
    [12, source],
    [16, destination],
  ] as const) {
    for (const [index, part] of address.split('.').entries()) header[at + index] = Number(part);
  }
  return ethernet(0x0800, Buffer.concat([header, payload]));
}

/** `extensions`: each with the number of its own kind and its bytes, the first of which is set to the next one's number. */
export function ipv6(
  source: string,
  destination: string,
  protocol: number,
  payload: Buffer,
  extensions: readonly (readonly [kind: number, bytes: Buffer])[] = [],
): Buffer {
  const kinds = [...extensions.map(([kind]) => kind), protocol];
  const chain = extensions.map(([, bytes], index) =>
    Buffer.from([kinds[index + 1] ?? 59, ...bytes.subarray(1)]),
  );
  const content = Buffer.concat([...chain, payload]);
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(content.length, 4);
  header[6] = kinds[0] ?? 59;
  header[7] = 64;
  return ethernet(0x86dd, Buffer.concat([header, ipv6Bytes(source), ipv6Bytes(destination), content]));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

export function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const first = groups(head);
  const last = groups(tail ?? '');
  const all =
    tail === undefined
      ? first
      : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

export function udp(sourcePort: number, destinationPort: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(8 + data.length, 4);
  return Buffer.concat([header, data]);
}

export function tcp(sourcePort: number, destinationPort: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header[12] = 5 << 4;
  return Buffer.concat([header, data]);
}

/** A UDP frame between addresses of either family. */
export function udpFrame(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  data?: Buffer,
): Buffer {
  const datagram = udp(sourcePort, destinationPort, data);
  return isIPv6(source) ? ipv6(source, destination, 17, datagram) : ipv4(source, destination, 17, datagram);
}

/** A capture file of frames, a microsecond apart. */
export function pcapOf(
  frames: readonly Buffer[],
  { endian = 'LE', snaplen = 262_144, linkType = 1 } = {},
): Buffer {
  const words = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) {
      if (endian === 'LE') bytes.writeUInt32LE(value, 4 * index);
      else bytes.writeUInt32BE(value, 4 * index);
    }
    return bytes;
  };
  const version = endian === 'LE' ? Buffer.from([2, 0, 4, 0]) : Buffer.from([0, 2, 0, 4]);
  return Buffer.concat([
    words(0xa1b2c3d4),
    version,
    words(0, 0, snaplen, linkType),
    ...frames.flatMap((frame, index) => [words(1000, index, frame.length, frame.length), frame]),
  ]);
}
