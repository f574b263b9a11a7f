// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import dnsPacket from 'dns-packet';
import { NameBook } from '../../../../harness/observe/dns/name-book.ts';
import { Zone } from '../../../../harness/observe/dns/zone.ts';

const zone = new Zone([
  { name: 'registry.site.example', address: '10.99.0.65' },
  { name: '*.corp.example', address: '10.99.0.66' },
]);

function ask(
  name: string,
  type: dnsPacket.RecordType = 'A',
  edns = false,
  known = zone,
): dnsPacket.DecodedPacket {
  const query = dnsPacket.encode({
    type: 'query',
    id: 7,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ type, name }],
    ...(edns
      ? { additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, options: [] } as never] }
      : {}),
  });
  const answer = known.answer(query).message;
  if (answer === null) throw new Error('no answer');
  return dnsPacket.decode(answer);
}

const codeOf = ({ flags = 0 }: dnsPacket.DecodedPacket): number => flags & 15;

describe('the internal zone', () => {
  it('gives a name of the site its address, in whatever letters it is asked for, and echoes the question', () => {
    const answer = ask('Registry.site.Example');
    expect([codeOf(answer), answer.id]).to.deep.equal([0, 7]);
    expect(answer.questions?.[0]?.name).to.equal('Registry.site.Example');
    expect(answer.answers).to.deep.equal([
      { name: 'Registry.site.Example', type: 'A', class: 'IN', ttl: 60, flush: false, data: '10.99.0.65' },
    ]);
    expect(ask('ldap.eu.corp.example').answers).to.have.length(1);
  });

  it('keeps EDNS when it was asked with it', () => {
    const { answers, additionals } = ask('registry.site.example', 'A', true);
    expect([answers?.length, additionals?.map(({ type }) => type)]).to.deep.equal([1, ['OPT']]);
  });

  it('says of a known name that it has nothing of another type, not that it is unknown', () => {
    const answer = ask('registry.site.example', 'AAAA');
    expect([codeOf(answer), answer.answers, answer.authorities?.length]).to.deep.equal([0, [], 1]);
  });

  it('knows no other name', () => {
    for (const name of ['registry.site.example.org', 'x.registry.site.example', 'corp.example', 'a.b'])
      expect([name, codeOf(ask(name))]).to.deep.equal([name, 3]);
  });

  it('in a trap gives each name of the outside an address of each family, always the same, and no other type', () => {
    const trap = new Zone(
      [{ name: 'ldap.corp.example', address: '10.99.0.66' }],
      new NameBook('cluster.local'),
    );
    const told = (name: string, type: dnsPacket.RecordType): unknown[] => {
      const answer = ask(name, type, false, trap);
      const [first] = answer.answers ?? [];
      return [codeOf(answer), first === undefined || !('data' in first) ? null : first.data];
    };
    expect(told('updates.example', 'A')).to.deep.equal([0, '198.18.0.1']);
    expect(told('registry.example', 'AAAA')).to.deep.equal([0, '2001:2::2']);
    expect(told('Updates.example', 'AAAA')).to.deep.equal([0, '2001:2::1']);
    expect(told('updates.example', 'MX')).to.deep.equal([0, null]);
    expect(told('ldap.corp.example', 'A')).to.deep.equal([0, '10.99.0.66']);
    for (const name of ['web', 'x.cluster.local', 'web.shop.svc', '1.2.0.192.in-addr.arpa'])
      expect(told(name, 'A'), name).to.deep.equal([3, null]);
  });

  it('a trap has an address for more names than a run asks for', () => {
    const book = new NameBook('cluster.local');
    for (let number = 1; number < 2 ** 16; number += 1) book.addressesOf(`n${number}.example`);
    expect(book.addressesOf('one.more')).to.deep.equal({ ipv4: '198.19.0.0', ipv6: '2001:2::1:0' });
    expect(book.addressesOf('n255.example')).to.deep.equal({ ipv4: '198.18.0.255', ipv6: '2001:2::ff' });
  });

  it('gives no answer to what is no query', () => {
    expect(zone.answer(Buffer.from('hello')).message).to.equal(null);
  });
});
