// SPDX-License-Identifier: Apache-2.0
import dnsPacket from 'dns-packet';
import { expect } from 'chai';
import fc from 'fast-check';
import { nameErrorFor } from '../../../../harness/observe/dns/answer.ts';
import { dropsIn } from '../../../../harness/observe/dns/dropped-datagrams.ts';
import { messagesOf, questionsOf } from '../../../../harness/observe/dns-question.ts';

function query(flags = 0, extra: dnsPacket.Packet = {}): Buffer {
  return dnsPacket.encode({
    type: 'query',
    id: 4660,
    flags,
    questions: [{ type: 'AAAA', name: 'WwW.Example.com' }],
    ...extra,
  });
}

describe('the fake DNS’s answer', () => {
  it('is that the name does not exist, to be remembered for a second', () => {
    const answer = nameErrorFor(query(dnsPacket.RECURSION_DESIRED));
    const decoded = dnsPacket.decode(answer ?? Buffer.alloc(0));
    expect(decoded).to.deep.include({
      id: 4660,
      type: 'response',
      rcode: 'NXDOMAIN',
      flag_rd: true,
      flag_ra: true,
      flag_aa: false,
    });
    expect(decoded.questions).to.deep.equal([{ type: 'AAAA', name: 'WwW.Example.com', class: 'IN' }]);
    expect(decoded.authorities).to.have.length(1);
    expect(decoded.authorities?.[0]).to.deep.include({ type: 'SOA', name: '.', ttl: 1 });
  });

  it('promises recursion only to who asked for it, and echoes the question byte for byte', () => {
    const asked = query();
    const answer = nameErrorFor(asked) ?? Buffer.alloc(0);
    expect(dnsPacket.decode(answer).flag_rd).to.equal(false);
    expect(answer.subarray(12, asked.length)).to.deep.equal(asked.subarray(12));
  });

  it('speaks EDNS with those who do', () => {
    const opt = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    } as const;
    const answer = nameErrorFor(query(0, { additionals: [{ ...opt, options: [] }] }));
    expect(dnsPacket.decode(answer ?? Buffer.alloc(0)).additionals?.map(({ type }) => type)).to.deep.equal([
      'OPT',
    ]);
    expect(dnsPacket.decode(nameErrorFor(query()) ?? Buffer.alloc(0)).additionals).to.deep.equal([]);
  });

  it('answers questions of types that nobody knows', () => {
    const odd = query();
    odd.writeUInt16BE(65_399, odd.length - 4);
    expect(dnsPacket.decode(nameErrorFor(odd) ?? Buffer.alloc(0))).to.deep.include({ rcode: 'NXDOMAIN' });
  });

  it('does not do updates and the like', () => {
    const decoded = dnsPacket.decode(nameErrorFor(query(5 << 11)) ?? Buffer.alloc(0));
    expect(decoded).to.deep.include({ rcode: 'NOTIMP', authorities: [] });
  });

  it('is none to an answer and to garbage, whatever it is', () => {
    const answer = query();
    answer[2] = 0x80;
    expect(nameErrorFor(answer)).to.equal(null);
    const whole = query();
    for (let end = 0; end < whole.length; end += 1)
      expect(nameErrorFor(whole.subarray(0, end)), String(end)).to.equal(null);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        nameErrorFor(Buffer.from(bytes));
        questionsOf(Buffer.from(bytes));
        Array.from(messagesOf(Buffer.from(bytes)), questionsOf);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the questions of a DNS message', () => {
  it('are read though the message is cut off behind them', () => {
    const opt = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    } as const;
    const whole = query(0, { additionals: [{ ...opt, options: [] }] });
    expect(questionsOf(whole.subarray(0, whole.length - 5))).to.deep.equal([
      { id: 4660, type: 'AAAA', name: 'www.example.com' },
    ]);
  });

  it('come from each message of a TCP segment, the last of which may be cut off', () => {
    const message = query();
    const segment = Buffer.concat([
      Buffer.from([0, message.length]),
      message,
      Buffer.from([0, message.length]),
      message.subarray(0, 20),
    ]);
    expect(Array.from(messagesOf(segment), (part) => questionsOf(part)?.length ?? 0)).to.deep.equal([1, 0]);
  });
});

describe('datagrams that the kernel dropped', () => {
  it('are counted for the server’s port alone', () => {
    const line =
      ' 1234: 0200630A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41 2 000000001 1507';
    expect(dropsIn(line, 53)).to.equal(1507);
    expect(dropsIn(line, 5353)).to.equal(0);
    expect(dropsIn('', 53)).to.equal(0);
  });
});
