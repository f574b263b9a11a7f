// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from '../core/events.ts';
import { AddressRanges, canonicalAddress } from './addresses.ts';
import { addressOfReverseName } from './reverse-names.ts';

/**
 * Inside whatever the site is: this host, link-local IPv6 and link-scope multicast (they cannot be routed), limited
 * broadcast. IPv4 link-local (169.254.0.0/16) is missing on purpose: cloud metadata services live there.
 */
const NEVER_LEAVES = [
  '127.0.0.0/8',
  '0.0.0.0/8',
  '224.0.0.0/24',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::/10',
];
/** IPv6 multicast: the scope is the fourth hex digit (RFC 4291, 2.7); 1 is this interface, 2 is this link. */
const LINK_SCOPE_MULTICAST = /^ff[0-9a-f][12]:/;

/** Tells what belongs to the site. Whatever it does not know is outside. */
export class Inside {
  readonly #ranges: AddressRanges;
  readonly #resolvers: ReadonlySet<string>;
  readonly #clusterDomain: string;
  readonly #known = new Map<string, boolean>();

  constructor(ranges: InsideRanges) {
    this.#resolvers = new Set(ranges.resolvers.map(canonicalAddress));
    this.#ranges = new AddressRanges([
      ...NEVER_LEAVES,
      ...ranges.node,
      ...ranges.pods,
      ...ranges.services,
      ...this.#resolvers,
    ]);
    this.#clusterDomain = ranges.clusterDomain.toLowerCase();
  }

  /** `address` in canonical spelling. */
  address(address: string): boolean {
    let known = this.#known.get(address);
    if (known === undefined) {
      known = this.#ranges.has(address) || LINK_SCOPE_MULTICAST.test(address);
      this.#known.set(address, known);
    }
    return known;
  }

  /**
   * A name that only the site can answer: of the cluster's domain, `*.svc` (half of a search list), one label, of this
   * host, or the reverse of an inside address. `.local` is no such name: companies use it for real zones.
   */
  name(name: string): boolean {
    if (!name.includes('.')) return true;
    if (name === this.#clusterDomain || name.endsWith(`.${this.#clusterDomain}`)) return true;
    if (/\.svc$|\.localhost$|^localhost\.localdomain$/.test(name)) return true;
    const reversed = addressOfReverseName(name);
    return reversed !== null && this.address(reversed);
  }
}
