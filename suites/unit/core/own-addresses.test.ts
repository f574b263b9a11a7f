// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { parseAddresses } from '../../../harness/core/own-addresses.ts';

/** As Linux 6.18 prints them, for a loopback and one card with an address that another address's leaf stands before. */
const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        +-- 192.0.2.0/30 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
     |-- 198.51.100.7
        /24 link UNICAST
        /32 host LOCAL
Local:
  +-- 127.0.0.0/8 2 0 2
     +-- 127.0.0.0/31 1 0 0
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 127.255.255.255
        /32 link BROADCAST
  |-- 192.0.2.2
     /32 host LOCAL
`;

const IF_INET6 = `fe8000000000000000fc00fffe000001 04 40 20 80     eth0
20010db8000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;

describe('addresses of a network namespace, from /proc', () => {
  it('are its own, each once, without loopback, link-local and broadcast', () => {
    expect(parseAddresses(FIB_TRIE, IF_INET6)).to.deep.equal([
      '192.0.2.2',
      '198.51.100.7',
      '2001:0db8:0000:0000:0000:0000:0000:0002',
    ]);
  });

  it('are none where there is no network', () => {
    expect(parseAddresses('', '')).to.deep.equal([]);
  });
});
