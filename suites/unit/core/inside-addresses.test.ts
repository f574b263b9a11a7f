// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { InsideAddresses } from '../../../harness/core/inside-addresses.ts';
import { INSIDE } from '../../support/memory-log.ts';

describe('what is provably inside', () => {
  const inside = new InsideAddresses({ ...INSIDE, resolvers: [...INSIDE.resolvers, '172.20.0.53'] });

  it('is the site, this host, and what no router passes on', () => {
    for (const address of [
      '10.99.0.1',
      '10.42.7.8',
      '10.43.0.10',
      '172.20.0.53',
      '127.0.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '224.0.0.251',
      'fd99::1',
      '::1',
      '::',
      'fe80::1',
      'ff02::1',
      'ff12::5',
      'ff01::1',
    ]) {
      expect(inside.has(address), address).to.equal(true);
    }
  });

  it('is not the rest: neighbours of the ranges, metadata services, wider multicast, and what is no address', () => {
    for (const address of [
      '10.99.1.1',
      '10.41.255.255',
      '10.44.0.1',
      '172.20.0.54',
      '169.254.169.254',
      '224.0.1.1',
      '239.1.1.1',
      '8.8.8.8',
      'fd99:0:0:1::1',
      '2001:db8::1',
      'ff05::1',
      'ff0e::1',
      'nonsense',
      '',
    ]) {
      expect(inside.has(address), address).to.equal(false);
    }
  });
});
