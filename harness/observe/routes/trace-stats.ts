// SPDX-License-Identifier: Apache-2.0

/**
 * Sum of the records that the ring buffers lost, from the text of their per_cpu stats files: overwritten before they were
 * read, or dropped because there was no room. Exact (measured against a counter: sent = read + lost).
 */
export function lostRecords(stats: string): number {
  let sum = 0;
  for (const match of stats.matchAll(/^(?:overrun|commit overrun|dropped events): (\d+)$/gm)) {
    sum += Number(match[1]);
  }
  return sum;
}
