// SPDX-License-Identifier: Apache-2.0
import type { ZoneEntry } from '../../core/site.ts';
import { questionsOf } from '../dns-question.ts';
import { addressBytes } from '../address-text.ts';
import { endOfQuestions, nameErrorFor } from './answer.ts';
import type { NameBook } from './name-book.ts';

/** Seconds for which a resolver may remember an address: a run is short, and the zone does not change in it. */
const TTL = 60;
const RCODE_BITS = 0x0f;
const NXDOMAIN = 3;
/** Offsets in the header (RFC 1035, 4.1.1). */
const FLAGS = 2;
const ANSWERS = 6;
const AUTHORITIES = 8;

export interface ZoneAnswer {
  /** The DNS message; null for what is no query. */
  readonly message: Buffer | null;
  /** The address that it gives for a name of the outside; null when it gives none. */
  readonly address: string | null;
}

/** Answers for the names of the site's own zone, and in `trap` for every other name; the rest as `nameErrorFor` does. */
export class Zone {
  readonly #entries: readonly { readonly pattern: RegExp; readonly address: string }[];
  readonly #outside: NameBook | null;

  /** @param outside addresses for the names of the outside @default null: no such name exists */
  constructor(entries: readonly ZoneEntry[], outside: NameBook | null = null) {
    this.#entries = entries.map(({ name, address }) => ({ pattern: patternOf(name), address }));
    this.#outside = outside;
  }

  /**
   * The answer to a DNS message. A name of the zone has its address as A, one of the outside may have A and AAAA, and nothing
   * of any other type: it exists, so that the answer is "no data" and a resolver does not take the name for unknown.
   */
  answer(query: Buffer): ZoneAnswer {
    const refused = nameErrorFor(query);
    const [question, second] = questionsOf(query) ?? [];
    const end = endOfQuestions(query);
    const isRefused = { message: refused, address: null };
    if (refused === null || end === null || question === undefined || second !== undefined) return isRefused;
    const own = this.#entries.find(({ pattern }) => pattern.test(question.name));
    const given = own === undefined ? (this.#outside?.addressesOf(question.name) ?? null) : null;
    if (own === undefined && given === null) return isRefused;
    if ((refused.readUInt16BE(FLAGS) & RCODE_BITS) !== NXDOMAIN) return isRefused;
    refused.writeUInt16BE(refused.readUInt16BE(FLAGS) & ~RCODE_BITS, FLAGS);
    const [ipv4, ipv6] = [own?.address ?? given?.ipv4, given?.ipv6];
    const address = question.type === 'A' ? ipv4 : question.type === 'AAAA' ? ipv6 : undefined;
    if (address === undefined) return isRefused;
    refused.writeUInt16BE(1, ANSWERS);
    refused.writeUInt16BE(0, AUTHORITIES);
    const message = Buffer.concat([
      refused.subarray(0, end),
      addressRecord(address),
      // What comes after the authority that is not wanted: EDNS, when it was asked with.
      refused.subarray(end + AUTHORITY_BYTES),
    ]);
    return { message, address: own === undefined ? address : null };
  }
}

/** Length of the SOA record that `nameErrorFor` puts behind the questions. */
const AUTHORITY_BYTES = (() => {
  const query = Buffer.from('0000010000010000000000000000010001', 'hex');
  return (nameErrorFor(query)?.length ?? 0) - query.length;
})();

/** RFC 1035, 4.1.3: the name is a pointer to the question's, class IN. */
function addressRecord(address: string): Buffer {
  const content = addressBytes(address);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(content.length === 4 ? 1 : 28, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL, 6);
  record.writeUInt16BE(content.length, 10);
  return Buffer.concat([record, content]);
}

/** `*` matches any run of characters; without it the name must be equal. */
function patternOf(name: string): RegExp {
  const parts = name
    .toLowerCase()
    .split('*')
    .map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`);
}
