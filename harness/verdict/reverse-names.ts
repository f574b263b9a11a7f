// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { canonicalAddress } from './addresses.ts';

/** The address whose reverse name this is (`1.2.0.192.in-addr.arpa`, 32 nibbles under `ip6.arpa`), else null. */
export function addressOfReverseName(name: string): string | null {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (v4 !== undefined) {
    const address = v4.slice(0, -1).split('.').toReversed().join('.');
    return isIP(address) === 4 ? address : null;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (v6 === undefined) return null;
  const digits = v6.replaceAll('.', '').split('').toReversed().join('');
  return canonicalAddress(digits.match(/.{4}/g)?.join(':') ?? '');
}
