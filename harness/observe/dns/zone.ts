// SPDX-License-Identifier: Apache-2.0
import type { ZoneEntry } from '../../core/site.ts';
import { questionsOf } from '../dns-question.ts';
import { endOfQuestions, nameErrorFor } from './answer.ts';

/** Seconds for which a resolver may remember an address: a run is short, and the zone does not change in it. */
const TTL = 60;
const RCODE_BITS = 0x0f;
const NXDOMAIN = 3;
/** Offsets in the header (RFC 1035, 4.1.1). */
const FLAGS = 2;
const ANSWERS = 6;
const AUTHORITIES = 8;

/** Answers for the names of the site's own zone; everything else as `nameErrorFor` does. */
export class Zone {
  readonly #entries: readonly { readonly pattern: RegExp; readonly address: string }[];

  constructor(entries: readonly ZoneEntry[]) {
    this.#entries = entries.map(({ name, address }) => ({ pattern: patternOf(name), address }));
  }

  /**
   * The answer to a DNS message; null for what is no query. A name of the zone has its address as A, and nothing of any
   * other type: it exists, so that the answer is "no data" and a resolver does not take the name for unknown.
   */
  answer(query: Buffer): Buffer | null {
    const refused = nameErrorFor(query);
    const [question, second] = questionsOf(query) ?? [];
    const end = endOfQuestions(query);
    if (refused === null || end === null || question === undefined || second !== undefined) return refused;
    const found = this.#entries.find(({ pattern }) => pattern.test(question.name));
    if (found === undefined || (refused.readUInt16BE(FLAGS) & RCODE_BITS) !== NXDOMAIN) return refused;
    refused.writeUInt16BE(refused.readUInt16BE(FLAGS) & ~RCODE_BITS, FLAGS);
    if (question.type !== 'A') return refused;
    refused.writeUInt16BE(1, ANSWERS);
    refused.writeUInt16BE(0, AUTHORITIES);
    return Buffer.concat([
      refused.subarray(0, end),
      addressRecord(found.address),
      // What comes after the authority that is not wanted: EDNS, when it was asked with.
      refused.subarray(end + AUTHORITY_BYTES),
    ]);
  }
}

/** Length of the SOA record that `nameErrorFor` puts behind the questions. */
const AUTHORITY_BYTES = (() => {
  const query = Buffer.from('0000010000010000000000000000010001', 'hex');
  return (nameErrorFor(query)?.length ?? 0) - query.length;
})();

/** RFC 1035, 4.1.3: the name is a pointer to the question's, class IN. */
function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL, 6);
  record.writeUInt16BE(4, 10);
  for (const [index, byte] of address.split('.').entries()) record.writeUInt8(Number(byte), 12 + index);
  return record;
}

/** `*` matches any run of characters; without it the name must be equal. */
function patternOf(name: string): RegExp {
  const parts = name
    .toLowerCase()
    .split('*')
    .map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`);
}
