// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFrame } from '../../../../harness/observe/capture/frame.ts';
import { TransportReader } from '../../../../harness/observe/capture/transport.ts';
import { ethernet, ipv4, ipv6, tcp, udp, udpFrame } from './frames.ts';

/** Destination, protocol and ports of frames that one reader sees. */
function portsOf(...frames: readonly Buffer[]): unknown[] {
  const reader = new TransportReader();
  return frames.map((bytes) => {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'ip') return frame;
    const { sourcePort = null, destinationPort = null } = reader.read(frame);
    return [frame.destination, frame.protocol, sourcePort, destinationPort];
  });
}

function fragmentHeader(offset: number, id: number): readonly [number, Buffer] {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(offset << 3, 2);
  bytes.writeUInt32BE(id, 4);
  return [44, bytes];
}

describe('decoding frames', () => {
  it('finds addresses, protocol and content of IPv4, with options too', () => {
    const data = Buffer.from('hello');
    expect(decodeFrame(ipv4('10.42.0.5', '203.0.113.9', 17, data, { options: 8 }))).to.deep.equal({
      kind: 'ip',
      source: '10.42.0.5',
      destination: '203.0.113.9',
      protocol: 17,
      payload: data,
    });
  });

  it('leaves out the padding of a short frame', () => {
    const padded = Buffer.concat([ipv4('10.42.0.5', '203.0.113.9', 17, udp(1, 2)), Buffer.alloc(18, 0xee)]);
    expect(decodeFrame(padded)).to.deep.include({ payload: udp(1, 2) });
  });

  it('walks through the extension headers of IPv6', () => {
    const extensions = [
      [0, Buffer.alloc(8)], // hop by hop
      [60, Buffer.from([0, 1, ...Array<number>(14).fill(0)])], // destination options, 16 bytes
      [43, Buffer.alloc(8)], // routing
      [51, Buffer.from([0, 4, ...Array<number>(22).fill(0)])], // authentication, 24 bytes
    ] as const;
    expect(portsOf(ipv6('2001:db8::5', '2001:db8::9', 6, tcp(40000, 443), extensions))).to.deep.equal([
      ['2001:db8::9', 6, 40000, 443],
    ]);
  });

  it('looks behind VLAN tags', () => {
    const inner = ipv4('10.42.0.5', '203.0.113.9', 6, tcp(40000, 443)).subarray(14);
    expect(portsOf(ethernet(0x0800, inner, 7), ethernet(0x0800, inner, 7, 8))).to.deep.equal([
      ['203.0.113.9', 6, 40000, 443],
      ['203.0.113.9', 6, 40000, 443],
    ]);
  });

  it('gives later fragments the ports of their first', () => {
    const rest = Buffer.alloc(8, 1);
    expect(
      portsOf(
        ipv4('10.42.0.5', '203.0.113.9', 17, udp(40000, 123), { id: 7, flags: 1 }),
        ipv4('10.42.0.5', '203.0.113.9', 17, rest, { id: 7, offset: 1 }),
        ipv4('10.42.0.5', '203.0.113.9', 17, rest, { id: 8, offset: 1 }),
        ipv6('2001:db8::5', '2001:db8::9', 17, udp(40001, 123), [fragmentHeader(0, 9)]),
        ipv6('2001:db8::5', '2001:db8::9', 17, rest, [fragmentHeader(1, 9)]),
      ),
    ).to.deep.equal([
      ['203.0.113.9', 17, 40000, 123],
      ['203.0.113.9', 17, 40000, 123],
      ['203.0.113.9', 17, null, null],
      ['2001:db8::9', 17, 40001, 123],
      ['2001:db8::9', 17, 40001, 123],
    ]);
  });

  it('reads who asks whom by ARP', () => {
    const packet = Buffer.from('00010800060400010202020202020a6300010000000000000a630002', 'hex');
    expect(decodeFrame(ethernet(0x0806, packet))).to.deep.equal({
      kind: 'arp',
      source: '10.99.0.1',
      target: '10.99.0.2',
    });
  });

  it('writes IPv6 addresses in their shortest spelling', () => {
    const pairs = [
      ['::', '::'],
      ['::1', '::1'],
      ['fe80::1', 'fe80::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['ff02:0:0:0:0:0:0:0', 'ff02::'],
      ['0:0:1:0:0:0:0:0', '0:0:1::'],
    ] as const;
    for (const [full, short] of pairs) {
      const text = full.includes('::') ? full : full;
      expect(decodeFrame(ipv6('::1', text, 59, Buffer.alloc(0)))).to.deep.include({ destination: short });
    }
  });

  it('takes anything at all', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8100),
        (bytes, type) => {
          portsOf(ethernet(type, Buffer.from(bytes)), Buffer.from(bytes));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes a frame that is cut off anywhere', () => {
    for (const frame of [
      udpFrame('10.42.0.5', 1, '203.0.113.9', 53),
      udpFrame('2001:db8::5', 1, '2001:db8::9', 53),
    ]) {
      for (let end = 0; end < frame.length; end += 1) portsOf(frame.subarray(0, end));
    }
  });
});
