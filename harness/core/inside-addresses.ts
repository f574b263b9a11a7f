// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';
import type { InsideRanges } from './events.ts';

/**
 * Addresses that no packet leaves the site for: this host, IPv6 link-local, link-scope multicast, limited broadcast.
 * 169.254.0.0/16 is missing on purpose: cloud metadata services live there.
 */
export const NEVER_LEAVE: readonly string[] = [
  '127.0.0.0/8',
  '0.0.0.0/8',
  '224.0.0.0/24',
  '255.255.255.255/32',
  '::1/128',
  '::/128',
  'fe80::/10',
];
/** IPv6 multicast: the fourth hex digit is the scope (RFC 4291, 2.7); 1 is this interface, 2 is this link. */
const LINK_SCOPE_MULTICAST = /^ff[0-9a-f][12]:/;
/** Different destinations to remember; a scan over more than that is slower, not wrong. */
const REMEMBERED = 65_536;

/** All ranges that are inside, as CIDR, the resolvers among them. */
export function insideRanges(inside: InsideRanges): string[] {
  const resolvers = inside.resolvers.map((address) => `${address}/${isIP(address) === 6 ? 128 : 32}`);
  return [...NEVER_LEAVE, ...inside.node, ...inside.pods, ...inside.services, ...resolvers];
}

/**
 * What is inside without doubt. Observers leave it out, so that a busy cluster costs little; the verdict takes whatever is not in
 * it for outside, unless the gate says otherwise.
 */
export class InsideAddresses {
  readonly #list = new BlockList();
  readonly #known = new Map<string, boolean>();

  /** Throws RangeError or ERR_INVALID_ADDRESS when a range is no CIDR. */
  constructor(inside: InsideRanges) {
    for (const range of insideRanges(inside)) {
      const [address = '', prefix] = range.split('/', 2);
      this.#list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /** `address` as text; what is no address is not inside. */
  has(address: string): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const inside =
      isIP(address) !== 0 &&
      (this.#list.check(address, familyOf(address)) || LINK_SCOPE_MULTICAST.test(address));
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(address, inside);
    return inside;
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
