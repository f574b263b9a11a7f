// SPDX-License-Identifier: Apache-2.0
import { ipv4Text, ipv6Text } from '../address-text.ts';

export interface IpFrame {
  readonly kind: 'ip';
  readonly source: string;
  readonly destination: string;
  /** IP protocol number; of IPv6 the one behind all extension headers. */
  readonly protocol: number;
  /** What the protocol carries; empty in a later fragment. */
  readonly payload: Buffer;
  /** Set in every fragment: equal for the fragments of one packet. */
  readonly fragment?: { readonly id: string; readonly isFirst: boolean };
}

export interface ArpFrame {
  readonly kind: 'arp';
  readonly source: string;
  readonly target: string;
}

/** A frame of another Ethernet type, or one that is cut off inside its headers. */
export interface OtherFrame {
  readonly kind: 'other';
  readonly etherType: number;
  /** Hardware addresses as IEEE 802 writes them: `01-80-c2-00-00-0e`. */
  readonly source: string;
  readonly destination: string;
}

export type Frame = IpFrame | ArpFrame | OtherFrame;

const IPV4 = 0x0800;
const ARP = 0x0806;
const IPV6 = 0x86dd;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;
/** IPv6 extension headers whose second byte is their length in units of 8 bytes, the first not counted (RFC 8200). */
const LENGTH_IN_EIGHTS = new Set([0, 43, 60, 135, 139, 140]);

/** Reads an Ethernet frame as far as the header of what IP carries. Never throws: a frame may be anything. */
export function decodeFrame(bytes: Buffer): Frame {
  let at = 12;
  let etherType = bytes.length >= 14 ? bytes.readUInt16BE(at) : 0;
  while (VLAN_TAGS.has(etherType) && bytes.length >= at + 6) {
    at += 4;
    etherType = bytes.readUInt16BE(at);
  }
  const packet = bytes.subarray(at + 2);
  const decoded =
    etherType === IPV4
      ? decodeIpv4(packet)
      : etherType === IPV6
        ? decodeIpv6(packet)
        : etherType === ARP
          ? decodeArp(packet)
          : null;
  return decoded ?? { kind: 'other', etherType, source: hardware(bytes, 6), destination: hardware(bytes, 0) };
}

function hardware(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join('-');
}

function decodeIpv4(packet: Buffer): IpFrame | null {
  const header = ((packet[0] ?? 0) & 0x0f) * 4;
  if ((packet[0] ?? 0) >> 4 !== 4 || header < 20 || packet.length < header) return null;
  const flags = packet.readUInt16BE(6);
  const offset = flags & 0x1fff;
  const isFragment = offset > 0 || (flags & 0x2000) !== 0;
  const source = ipv4Text(packet, 12);
  const destination = ipv4Text(packet, 16);
  const protocol = packet.readUInt8(9);
  const total = packet.readUInt16BE(2); // 0 where the network card is to cut a large packet up
  const end = total >= header ? Math.min(total, packet.length) : packet.length;
  return {
    kind: 'ip',
    source,
    destination,
    protocol,
    payload: offset > 0 ? packet.subarray(0, 0) : packet.subarray(header, end),
    ...(isFragment
      ? {
          fragment: {
            id: `${source}|${destination}|${protocol}|${packet.readUInt16BE(4)}`,
            isFirst: offset === 0,
          },
        }
      : {}),
  };
}

function decodeIpv6(packet: Buffer): IpFrame | null {
  if (packet.length < 40 || (packet[0] ?? 0) >> 4 !== 6) return null;
  const source = ipv6Text(packet, 8);
  const destination = ipv6Text(packet, 24);
  let protocol = packet.readUInt8(6);
  let at = 40;
  let fragment: IpFrame['fragment'];
  for (;;) {
    if (LENGTH_IN_EIGHTS.has(protocol) && packet.length >= at + 8) {
      protocol = packet.readUInt8(at);
      at += (packet.readUInt8(at + 1) + 1) * 8;
    } else if (protocol === AUTHENTICATION && packet.length >= at + 8) {
      protocol = packet.readUInt8(at);
      at += (packet.readUInt8(at + 1) + 2) * 4;
    } else if (protocol === FRAGMENT && packet.length >= at + 8) {
      const isFirst = packet.readUInt16BE(at + 2) >> 3 === 0;
      fragment = { id: `${source}|${destination}|${packet.readUInt32BE(at + 4)}`, isFirst };
      protocol = packet.readUInt8(at);
      at += 8;
      if (!isFirst) break;
    } else break;
  }
  const payload = fragment?.isFirst === false ? packet.subarray(0, 0) : packet.subarray(at);
  return {
    kind: 'ip',
    source,
    destination,
    protocol,
    payload,
    ...(fragment === undefined ? {} : { fragment }),
  };
}

function decodeArp(packet: Buffer): ArpFrame | null {
  if (packet.length < 28 || packet.readUInt16BE(2) !== IPV4) return null;
  return { kind: 'arp', source: ipv4Text(packet, 14), target: ipv4Text(packet, 24) };
}
