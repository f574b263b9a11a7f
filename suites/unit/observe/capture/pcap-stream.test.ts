// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { PcapStream } from '../../../../harness/observe/capture/pcap-stream.ts';
import { pcapOf, udpFrame } from './frames.ts';

const FRAMES = [1, 2, 3].map((port) =>
  udpFrame('10.42.0.5', port, '203.0.113.9', 123, Buffer.alloc(port * 40, port)),
);

function read(bytes: Buffer, cuts: readonly number[] = []): Buffer[] {
  const packets: Buffer[] = [];
  const stream = new PcapStream('capture/link.pcap', ({ data }) => void packets.push(Buffer.from(data)));
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    stream.push(bytes.subarray(from, to));
    from = to;
  }
  stream.end();
  return packets;
}

function changed(offset: number, bytes: readonly number[]): Buffer {
  const capture = pcapOf(FRAMES);
  capture.set(bytes, offset);
  return capture;
}

describe('reading a capture', () => {
  it('gives every packet, of files of both byte orders', () => {
    expect(read(pcapOf(FRAMES))).to.deep.equal(FRAMES);
    expect(read(pcapOf(FRAMES, { endian: 'BE' }))).to.deep.equal(FRAMES);
    expect(read(pcapOf([]))).to.deep.equal([]);
  });

  it('gives the same however the stream is cut into chunks', () => {
    const bytes = pcapOf(FRAMES);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(
          read(
            bytes,
            cuts.toSorted((a, b) => a - b),
          ),
        ).to.deep.equal(FRAMES);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a capture that is cut off, wherever', () => {
    const bytes = pcapOf(FRAMES);
    const whole = new Set([
      24,
      24 + 16 + (FRAMES[0]?.length ?? 0),
      bytes.length - 16 - (FRAMES[2]?.length ?? 0),
      bytes.length,
    ]);
    for (let end = 0; end < bytes.length; end += 1) {
      if (whole.has(end)) continue;
      expect(() => read(bytes.subarray(0, end)), String(end)).to.throw('is cut off');
    }
  });

  it('refuses times in nanoseconds, the next generation of the format, and what is no capture', () => {
    expect(() => read(changed(0, [0x4d, 0x3c, 0xb2, 0xa1]))).to.throw(
      'the capture "capture/link.pcap" cannot be read: its first bytes are 4d3cb2a1 (times in nanoseconds), not those of pcap',
    );
    expect(() => read(changed(0, [0x0a, 0x0d, 0x0d, 0x0a]))).to.throw(
      'its first bytes are 0a0d0d0a, not those of pcap',
    );
    expect(() => read(Buffer.from('tcpdump: no such device exists'))).to.throw('not those of pcap');
  });

  it('refuses another version, though only one of its two numbers is wrong', () => {
    expect(() => read(changed(4, [3, 0]))).to.throw('its version is 3.4, not 2.4');
    expect(() => read(changed(6, [5, 0]))).to.throw('its version is 2.5, not 2.4');
  });

  it('refuses frames that are not Ethernet', () => {
    expect(() => read(pcapOf(FRAMES, { linkType: 113 }))).to.throw('its link type is 113, not Ethernet');
  });

  it('refuses a record whose length cannot be, instead of falling silent', () => {
    expect(() => read(changed(24 + 8, [0xff, 0xff, 0xff, 0x7f]))).to.throw(
      'a record says it has 2147483647 bytes',
    );
    expect(() => read(changed(24 + 8, [0x01, 0x00, 0x04, 0x00]))).to.throw(
      'a record says it has 262145 bytes',
    );
  });

  it('goes by a snaplen that is larger than usual', () => {
    const frame = Buffer.alloc(300_000, 7);
    expect(read(pcapOf([frame], { snaplen: 400_000 }))).to.deep.equal([frame]);
  });
});
