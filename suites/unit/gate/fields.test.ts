// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { isCidr, isDay, isDestination, isHostPattern } from '../../../harness/gate/fields.ts';

const TABLES = [
  {
    what: 'a day',
    test: isDay,
    yes: ['2026-12-31', '2028-02-29', '0001-01-01'],
    no: [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '31.12.2026',
      '2026-12-31T00:00:00Z',
      '',
      ' 2026-12-31',
    ],
  },
  {
    what: 'an address range',
    test: isCidr,
    yes: ['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '2001:db8::/32', '2001:db8::1', '::/0', '10.0.0.1/32'],
    no: [
      '10.0.0.0/33',
      '300.0.0.0/8',
      '2001:db8::/129',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      'host',
      '',
      '/8',
    ],
  },
  {
    what: 'a host',
    test: isHostPattern,
    yes: [
      'ntp',
      'ntp.site.example',
      '*.site.example',
      '*',
      'a-b_c.example',
      '10.0.0.1',
      '2001:db8::1',
      '_ldap._tcp.x',
    ],
    no: ['https://x', 'x:80', 'x/y', '-x', 'x-', '', 'a b', '.x', 'x.'],
  },
  {
    what: 'a destination',
    test: isDestination,
    yes: [
      'a.example',
      'a.example:443',
      '*.example',
      '10.0.0.1',
      '10.0.0.1:53',
      '2001:db8::1',
      '[2001:db8::1]:53',
      '[2001:db8::1]',
      '*:123',
    ],
    no: [
      'https://a.example',
      'a.example:0',
      'a.example:65536',
      'a.example:http',
      '[a.example]:1',
      'a.example/x',
      '',
      ':443',
      '[10.0.0.1]:1',
    ],
  },
] as const;

describe('fields of gate.yaml', () => {
  for (const { what, test, yes, no } of TABLES) {
    for (const value of yes) it(`"${value}" is ${what}`, () => expect(test(value)).to.equal(true));
    for (const value of no) it(`"${value}" is not ${what}`, () => expect(test(value)).to.equal(false));
  }
});
