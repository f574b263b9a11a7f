// SPDX-License-Identifier: Apache-2.0

/** What tcpdump says of itself, in packets. */
export interface TcpdumpCounters {
  readonly captured: number;
  /** Those that the kernel has put aside for it, dropped ones among them. */
  readonly received: number;
  readonly dropped: number;
}

// On SIGUSR1 in one line, at the end in three.
const COUNTERS =
  /(\d+) packets? captured[,\s]+(\d+) packets? received by filter[,\s]+(\d+) packets? dropped by kernel/g;

/** All counters in what tcpdump wrote to standard error, in order. */
export function countersIn(text: string): TcpdumpCounters[] {
  return [...text.matchAll(COUNTERS)].map(([, captured, received, dropped]) => ({
    captured: Number(captured),
    received: Number(received),
    dropped: Number(dropped),
  }));
}

/**
 * Packets that the kernel has for tcpdump and that tcpdump has not captured yet; it has room for them, so they will come.
 * Up to `early` of them may never come: see Tcpdump.early.
 */
export function packetsToCome({ captured, received, dropped }: TcpdumpCounters): number {
  return Math.max(received - dropped - captured, 0);
}
