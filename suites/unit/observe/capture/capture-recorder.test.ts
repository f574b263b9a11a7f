// SPDX-License-Identifier: Apache-2.0
import dnsPacket from 'dns-packet';
import { expect } from 'chai';
import { CaptureRecorder } from '../../../../harness/observe/capture/capture-recorder.ts';
import { InsideAddresses } from '../../../../harness/core/inside-addresses.ts';
import { INSIDE, MemoryLog } from '../../../support/memory-log.ts';
import { standingClock } from '../standing-clock.ts';
import { ethernet, ipv4, ipv6, tcp, udpFrame } from './frames.ts';

function record(frames: readonly Buffer[], id: 'link' | 'cni' | 'witness' = 'cni', gapMicros = 1): MemoryLog {
  const log = new MemoryLog();
  const recorder = new CaptureRecorder({
    id,
    log,
    clock: standingClock(),
    node: 'n1',
    file: `capture/${id}.pcap`,
    inside: id === 'witness' ? null : new InsideAddresses(INSIDE),
  });
  for (const [index, data] of frames.entries()) {
    const micros = index * gapMicros;
    const header = {
      timestampSeconds: Math.floor(micros / 1_000_000),
      timestampMicroseconds: micros % 1_000_000,
      capturedLength: data.length,
      originalLength: data.length,
    };
    recorder.take({ header, data });
  }
  recorder.writeAll();
  expect(recorder.received).to.equal(frames.length);
  return log;
}

function query(name: string, type: dnsPacket.RecordType = 'A', id = 7): Buffer {
  return dnsPacket.encode({
    type: 'query',
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
  });
}

function withLength(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
}

describe('the recorder of captures', () => {
  it('writes what goes outside, with the record that shows it', () => {
    const log = record([
      udpFrame('10.42.0.5', 40000, '10.43.0.1', 443),
      ipv4('10.42.0.5', '203.0.113.9', 6, tcp(40001, 80)),
    ]);
    expect(log.events).to.deep.equal([
      {
        v: 1,
        seq: 1,
        at: 1000,
        node: 'n1',
        type: 'sighting',
        observer: 'cni',
        last: 1000,
        count: 1,
        from: { address: '10.42.0.5', port: 40001 },
        to: { protocol: 'tcp', address: '203.0.113.9', port: 80 },
        raw: { file: 'capture/cni.pcap', record: 2 },
      },
    ]);
  });

  it('folds packets of one source to one destination within a second', () => {
    const frames = Array.from({ length: 5 }, (_, index) =>
      udpFrame('10.42.0.5', 40000 + index, '203.0.113.9', 123),
    );
    const log = record(frames, 'cni', 300_000);
    expect(
      log.of('sighting').map(({ at, last, count, raw, from }) => [at, last, count, raw.record, from.port]),
    ).to.deep.equal([
      [0, 900_000_000, 4, 1, 40000],
      [1_200_000_000, 1_200_000_000, 1, 5, 40004],
    ]);
  });

  it('writes each question for itself, whoever is asked, with the name in one spelling', () => {
    const log = record([
      udpFrame('10.42.0.5', 40000, '10.43.0.10', 53, query('WWW.Example.com', 'AAAA', 1)),
      udpFrame('10.42.0.5', 40000, '198.51.100.53', 53, query('www.example.com', 'A', 2)),
    ]);
    expect(log.of('sighting').map(({ from, to }) => [from.port, to])).to.deep.equal([
      [
        40000,
        {
          protocol: 'dns',
          address: '10.43.0.10',
          port: 53,
          name: 'www.example.com',
          question: { type: 'AAAA', transport: 'udp', id: 1 },
        },
      ],
      [
        40000,
        {
          protocol: 'dns',
          address: '198.51.100.53',
          port: 53,
          name: 'www.example.com',
          question: { type: 'A', transport: 'udp', id: 2 },
        },
      ],
    ]);
  });

  it('reads questions over TCP, several in one segment, and no answers', () => {
    const two = Buffer.concat([withLength(query('a.test', 'A', 1)), withLength(query('b.test', 'MX', 2))]);
    const answer = Buffer.from(query('c.test'));
    answer[2] = 0x81;
    const log = record([
      ipv4('10.42.0.5', '10.43.0.10', 6, tcp(40000, 53)),
      ipv4('10.42.0.5', '10.43.0.10', 6, tcp(40000, 53, two)),
      udpFrame('10.42.0.5', 53, '10.42.0.6', 53, answer),
    ]);
    expect(log.of('sighting').map(({ to }) => [to.name, to.question])).to.deep.equal([
      ['a.test', { type: 'A', transport: 'tcp', id: 1 }],
      ['b.test', { type: 'MX', transport: 'tcp', id: 2 }],
    ]);
  });

  it('takes a question that crosses the bridge for one, and one that is asked again for two', () => {
    const question = udpFrame('10.42.0.5', 40000, '10.42.0.3', 53, query('a.test'));
    expect(record([question, question], 'cni', 30).of('sighting')).to.have.length(1);
    expect(record([question, question], 'cni', 1_000_000).of('sighting')).to.have.length(2);
  });

  it('takes what is no DNS on port 53 outside for what it is', () => {
    const log = record([
      udpFrame('10.42.0.5', 40000, '198.51.100.53', 53, Buffer.from('not a question at all')),
      udpFrame('10.42.0.5', 40000, '10.43.0.10', 53, Buffer.from('not a question at all')),
    ]);
    expect(log.of('sighting').map(({ to }) => to)).to.deep.equal([
      { protocol: 'udp', address: '198.51.100.53', port: 53 },
    ]);
  });

  it('names ICMP and other protocols', () => {
    const log = record([
      ipv4('10.42.0.5', '203.0.113.9', 1, Buffer.from([8, 0, 0, 0])),
      ipv6('2001:db8::5', '2001:db8::9', 58, Buffer.from([128, 0, 0, 0])),
      ipv4('10.42.0.5', '203.0.113.9', 47, Buffer.alloc(4)),
    ]);
    expect(log.of('sighting').map(({ to }) => to)).to.deep.equal([
      { protocol: 'icmp', address: '203.0.113.9' },
      { protocol: 'icmpv6', address: '2001:db8::9' },
      { protocol: 'other', protocolNumber: 47, address: '203.0.113.9' },
    ]);
  });

  it('leaves out multicast and broadcast of the link', () => {
    const log = record([
      ipv6('fe80::1', 'ff02::16', 58, Buffer.from([143, 0, 0, 0])),
      udpFrame('0.0.0.0', 68, '255.255.255.255', 67),
      udpFrame('10.42.0.5', 5353, '224.0.0.251', 5353),
    ]);
    expect(log.events).to.deep.equal([]);
  });

  it('writes frames that carry no IP by type and hardware address: of the link and the witness, not of the pods’ bridge', () => {
    const frames = [ethernet(0x88b5, Buffer.alloc(46)), ethernet(0x88cc, Buffer.alloc(46))];
    const bridgeTalk = ethernet(38, Buffer.alloc(46));
    const wanted = [0x88b5, 0x88cc].map((protocolNumber) => ({
      protocol: 'other',
      protocolNumber,
      address: '02-02-02-02-02-02',
    }));
    for (const id of ['link', 'witness'] as const) {
      const seen = record([...frames, bridgeTalk], id).of('sighting');
      expect(seen.map(({ to }) => to)).to.deep.equal(wanted);
      expect(seen[0]?.from).to.deep.equal({ address: '03-03-03-03-03-03' });
    }
    expect(record(frames, 'cni').events).to.deep.equal([]);
  });

  it('lets the witness report whatever arrives, inside or not, but for its link’s own talk', () => {
    const arp = Buffer.from('00010800060400010202020202020a6200010000000000000a620002', 'hex');
    const log = record(
      [
        ipv6('fe80::1', 'ff02::16', 58, Buffer.from([143, 0, 0, 0])),
        ipv6('fd98::1', 'ff02::1:ff00:2', 58, Buffer.from([135, 0, 0, 0])),
        ethernet(0x0806, arp),
        udpFrame('10.99.0.1', 40000, '203.0.113.9', 123),
        ipv6('fd99::1', '2001:db8::9', 58, Buffer.from([128, 0, 0, 0])),
        udpFrame('10.99.0.1', 40000, '10.98.0.2', 9),
      ],
      'witness',
    );
    expect(log.of('sighting').map(({ from, to }) => [from.address, to])).to.deep.equal([
      ['10.98.0.1', { protocol: 'other', address: '10.98.0.2' }],
      ['10.99.0.1', { protocol: 'udp', address: '203.0.113.9', port: 123 }],
      ['fd99::1', { protocol: 'icmpv6', address: '2001:db8::9' }],
      ['10.99.0.1', { protocol: 'udp', address: '10.98.0.2', port: 9 }],
    ]);
  });
});
