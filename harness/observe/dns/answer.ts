// SPDX-License-Identifier: Apache-2.0
import dnsPacket from 'dns-packet';

const HEADER = 12;
const NXDOMAIN = 3;
const NOT_IMPLEMENTED = 4;
const ANSWER_BIT = 0x8000;
const OPCODE_BITS = 0x7800;
const LONGEST_LABEL = 63;
/** Seconds for which a resolver may remember that the name does not exist. */
const NEGATIVE_TTL = 1;

const NO_SUCH_NAME: dnsPacket.Answer = {
  type: 'SOA',
  name: '.',
  ttl: NEGATIVE_TTL,
  data: {
    mname: 'ns.invalid',
    rname: 'nobody.invalid',
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum: NEGATIVE_TTL,
  },
};

/**
 * The answer of a resolver that knows no name: NXDOMAIN, with the root's SOA so that it is remembered for a second only
 * (RFC 2308). Null for what is no query. The questions are echoed byte for byte: who asks may spell a name as it likes,
 * and ask for types that nobody knows.
 *
 * @param query the DNS message; anything at all
 */
export function nameErrorFor(query: Buffer): Buffer | null {
  const end = endOfQuestions(query);
  if (end === null) return null;
  const flags = query.readUInt16BE(2);
  if ((flags & ANSWER_BIT) !== 0) return null;
  const isPlainQuery = (flags & OPCODE_BITS) === 0;
  const hasAdditionals = query.readUInt16BE(10) > 0; // EDNS in practice; who does not know it ignores ours
  const answer = dnsPacket.encode({
    type: 'response',
    id: query.readUInt16BE(0),
    flags:
      (flags & (OPCODE_BITS | dnsPacket.RECURSION_DESIRED)) |
      dnsPacket.RECURSION_AVAILABLE |
      (isPlainQuery ? NXDOMAIN : NOT_IMPLEMENTED),
    authorities: isPlainQuery ? [NO_SUCH_NAME] : [],
    additionals: hasAdditionals
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  });
  const questions = query.subarray(HEADER, end);
  query.copy(answer, 4, 4, 6); // how many questions there are
  return Buffer.concat([answer.subarray(0, HEADER), questions, answer.subarray(HEADER)]);
}

/** Offset behind the question section; null when there is none or it is cut off. */
export function endOfQuestions(message: Buffer): number | null {
  const count = message.length < HEADER ? 0 : message.readUInt16BE(4);
  if (count === 0) return null;
  let at = HEADER;
  for (let index = 0; index < count; index += 1) {
    for (let label = message[at]; label !== 0; label = message[at]) {
      if (label === undefined || label > LONGEST_LABEL) return null;
      at += 1 + label;
    }
    at += 1 + 4;
    if (at > message.length) return null;
  }
  return at;
}
