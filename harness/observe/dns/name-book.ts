// SPDX-License-Identifier: Apache-2.0
import { NAME_RANGES } from '../../core/profile.ts';
import { isSiteName } from '../../core/site-names.ts';

const FIRST4 = rangeStart(NAME_RANGES.ipv4);
/** A /15 holds so many, the first and the last left out. */
const MOST = 2 ** 17 - 2;
const PREFIX6 = NAME_RANGES.ipv6.replace(/\/\d+$/, '');

/** Profile `trap`: every name of the outside exists, and has one address of each family that no other name has. */
export class NameBook {
  readonly #clusterDomain: string;
  readonly #numbers = new Map<string, number>();

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain.toLowerCase();
  }

  /**
   * The addresses of a name; null for one of the site's own, which nobody outside knows, for a reverse name, and when all
   * addresses are given away.
   *
   * @param name lower case, without the final dot
   */
  addressesOf(name: string): { readonly ipv4: string; readonly ipv6: string } | null {
    if (isSiteName(name, this.#clusterDomain) || name.endsWith('.arpa')) return null;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      if (this.#numbers.size >= MOST) return null;
      number = this.#numbers.size + 1;
      this.#numbers.set(name, number);
    }
    return { ipv4: ipv4Text(FIRST4 + number), ipv6: ipv6Text(number) };
  }
}

function rangeStart(range: string): number {
  return range
    .replace(/\/\d+$/, '')
    .split('.')
    .reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function ipv6Text(number: number): string {
  const [high, low] = [number >>> 16, (number & 0xffff).toString(16)];
  return `${PREFIX6}${high === 0 ? '' : `${high.toString(16)}:`}${low}`;
}

function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}
