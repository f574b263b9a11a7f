// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP, SocketAddress } from 'node:net';

const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * One spelling for each address, so that observers agree: IPv6 shortened as in RFC 5952, IPv4-mapped IPv6 as IPv4, no
 * zone. A text that is no address comes back as it is.
 */
export function canonicalAddress(text: string): string {
  const version = isIP(text);
  if (version === 4 || version === 0) return text;
  const short = new SocketAddress({ address: text.split('%', 1)[0] ?? text, family: 'ipv6' }).address;
  return IPV4_MAPPED.exec(short)?.[1] ?? short;
}

/** A set of CIDR ranges and single addresses, IPv4 and IPv6. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** Throws RangeError or ERR_INVALID_ADDRESS for what is neither an address nor a CIDR. */
  constructor(ranges: Iterable<string>) {
    for (const range of ranges) {
      const [address = '', prefix] = range.split('/', 2);
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** `address` in canonical spelling. What is no address is in no range. */
  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}
