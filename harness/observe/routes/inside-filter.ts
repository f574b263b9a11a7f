// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import type { InsideRanges } from '../../core/events.ts';
import { insideRanges } from '../../core/inside-addresses.ts';

/**
 * A filter of event `fib:fib_table_lookup` that lets through what is not inside, and everything to port 53. The kernel
 * evaluates it: a cluster's own traffic, which looks a route up for each packet that kube-proxy turns round, costs nothing
 * then (watched, an in-cluster service answered half as often without it).
 *
 * A filter can compare a field of four bytes with a number and test bits of it, as the machine's (little-endian) number; a
 * range is written as the bits that are set and those that are not.
 */
export function notInsideFilter(inside: InsideRanges): string {
  const ranges = insideRanges(inside).filter((range) => isIPv4(range.split('/')[0] ?? ''));
  return `(dport == 53 || !(${ranges.map(rangeTest).join(' || ')}))`;
}

function rangeTest(range: string): string {
  const [address = '', length] = range.split('/');
  const prefix = Number(length);
  const bytes = address.split('.').map(Number);
  const ones: string[] = [];
  let zeros = 0n;
  for (let bit = 0; bit < prefix; bit += 1) {
    const place = 1n << BigInt(8 * (bit >> 3) + 7 - (bit & 7));
    const isSet = ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
    if (isSet) ones.push(`dst & ${hex(place)}`);
    else zeros |= place;
  }
  const tests = zeros === 0n ? ones : [...ones, `!(dst & ${hex(zeros)})`];
  return `(${tests.join(' && ')})`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
