// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { InsideAddresses } from '../../../../harness/core/inside-addresses.ts';
import { notInsideFilter } from '../../../../harness/observe/routes/inside-filter.ts';
import { INSIDE } from '../../../support/memory-log.ts';

/** Evaluates a filter as the kernel does, for a look-up of an address and a port. */
function passes(filter: string, address: string, dport: number): boolean {
  const dst = Buffer.from(address.split('.').map(Number)).readUInt32LE(0);
  const words = filter.match(/0x[0-9a-f]+|\d+|&&|\|\||==|[a-z]+|[()!&]/g) ?? [];
  let at = 0;
  const take = (word: string): boolean => (words[at] === word ? (at += 1) > 0 : false);
  const either = (): boolean => {
    let value = both();
    while (take('||')) value = both() || value;
    return value;
  };
  const both = (): boolean => {
    let value = one();
    while (take('&&')) value = one() && value;
    return value;
  };
  const one = (): boolean => {
    if (take('!')) return !one();
    if (take('(')) {
      const value = either();
      expect(take(')'), `a bracket at word ${at} of ${filter}`).to.equal(true);
      return value;
    }
    const [field, operator, number] = words.slice(at, at + 3);
    at += 3;
    const value = field === 'dst' ? dst : dport;
    return operator === '==' ? value === Number(number) : (BigInt(value) & BigInt(number ?? 0)) !== 0n;
  };
  const value = either();
  expect(at, filter).to.equal(words.length);
  return value;
}

describe('the kernel’s filter of look-ups', () => {
  const inside = new InsideAddresses(INSIDE);
  const filter = notInsideFilter(INSIDE);

  it('lets through exactly what is not inside', () => {
    const anywhere = fc.ipV4();
    const near = fc
      .tuple(
        fc.constantFrom('10.42', '10.43', '10.41', '10.44', '10.99', '127.0', '224.0', '10.98'),
        fc.nat(0xffff),
      )
      .map(([start, rest]) => `${start}.${rest >> 8}.${rest & 255}`);
    fc.assert(
      fc.property(fc.oneof(anywhere, near, fc.constantFrom('255.255.255.255', '0.0.0.0')), (address) => {
        expect(passes(filter, address, 80), address).to.equal(!inside.has(address));
      }),
      { numRuns: 2000 },
    );
  });

  it('lets every look-up of port 53 through', () => {
    expect(passes(filter, '10.43.0.10', 53)).to.equal(true);
    expect(passes(filter, '10.43.0.10', 80)).to.equal(false);
  });
});
