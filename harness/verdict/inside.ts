// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from '../core/events.ts';
import { InsideAddresses } from '../core/inside-addresses.ts';
import { isSiteName } from '../core/site-names.ts';
import { addressOfReverseName } from './reverse-names.ts';

/** Tells what belongs to the site. Whatever it does not know is outside. */
export class Inside {
  readonly #addresses: InsideAddresses;
  readonly #clusterDomain: string;

  constructor(ranges: InsideRanges) {
    this.#addresses = new InsideAddresses(ranges);
    this.#clusterDomain = ranges.clusterDomain.toLowerCase();
  }

  /** `address` in canonical spelling. */
  address(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** A name that only the site can answer (isSiteName), or the reverse of an inside address. */
  name(name: string): boolean {
    if (isSiteName(name, this.#clusterDomain)) return true;
    const reversed = addressOfReverseName(name);
    return reversed !== null && this.address(reversed);
  }
}
