// SPDX-License-Identifier: Apache-2.0
import type { Protocol } from '../core/events.ts';

/** IP protocol numbers (IANA) that have a name in the log. */
const NAMES: Readonly<Record<number, Protocol>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/** An IP protocol as a Destination says it. */
export function protocolOf(number: number): {
  readonly protocol: Protocol;
  readonly protocolNumber?: number;
} {
  const protocol = NAMES[number];
  return protocol === undefined ? { protocol: 'other', protocolNumber: number } : { protocol };
}

/** True when the protocol's ports mean something. */
export function hasPorts(number: number): boolean {
  return number === 6 || number === 17;
}
