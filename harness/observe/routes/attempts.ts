// SPDX-License-Identifier: Apache-2.0
import type { LookupRecord } from './trace-line.ts';

/** Where an attempt comes from, as far as its look-ups have told. */
export interface Source {
  address: string;
  port: number;
}

interface OpenAttempt<T> {
  protocolNumber: number;
  destination: string;
  destinationPort: number;
  table: number;
  err: number;
  source: Source;
  readonly attempt: T;
}

/**
 * Tells look-ups of one attempt from the next attempt.
 *
 * The kernel looks a route up once to four times for one connect or send, each time knowing more:
 * `0.0.0.0/0`, `10.42.0.3/0`, `10.42.0.3/42902` (TCP over IPv4 with a route), `::/51442`, `fd99::1/51442` (UDP over IPv6);
 * measured on Linux 6.18 for each kind of socket. So a look-up goes on with its thread's last attempt when protocol and
 * destination are the same and it is strictly more exact: a source address where there was none, or a source port where
 * there was 0, nothing else changed. Or when nothing changed but the table, and the table before had no answer: the next
 * rule's turn. Everything else is a new attempt. No time is involved, since a thread does one call after the other.
 */
export class Attempts<T> {
  /** The last attempt of each thread. */
  readonly #last = new Map<number, OpenAttempt<T>>();

  /** Returns the attempt that the look-up goes on with, its source made more exact; null when it begins another. */
  continued(lookup: LookupRecord): { readonly attempt: T; readonly source: Source } | null {
    const open = this.#last.get(lookup.tid);
    if (open === undefined || !isSamePlace(open, lookup) || !goesOn(open, lookup)) return null;
    open.source = { address: lookup.source, port: lookup.sourcePort };
    open.table = lookup.table;
    open.err = lookup.err;
    return open;
  }

  begin(lookup: LookupRecord, attempt: T): void {
    const { protocolNumber, destination, destinationPort, table, err, source, sourcePort } = lookup;
    this.#last.set(lookup.tid, {
      protocolNumber,
      destination,
      destinationPort,
      table,
      err,
      source: { address: source, port: sourcePort },
      attempt,
    });
  }

  /** The thread has ended. */
  forget(tid: number): void {
    this.#last.delete(tid);
  }
}

function isSamePlace(open: OpenAttempt<unknown>, lookup: LookupRecord): boolean {
  return (
    open.protocolNumber === lookup.protocolNumber &&
    open.destination === lookup.destination &&
    open.destinationPort === lookup.destinationPort
  );
}

function goesOn({ source, table, err }: OpenAttempt<unknown>, lookup: LookupRecord): boolean {
  const sameAddress = source.address === lookup.source;
  const samePort = source.port === lookup.sourcePort;
  if (sameAddress && samePort) return err !== 0 && table !== lookup.table;
  const addressFits = sameAddress || isUnspecified(source.address);
  const portFits = samePort || source.port === 0;
  return addressFits && portFits;
}

/** True for an address that says "not chosen yet". */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
