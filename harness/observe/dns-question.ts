// SPDX-License-Identifier: Apache-2.0
import dnsPacket from 'dns-packet';

export interface DnsQuestion {
  /** Lower case, without the final dot; the root is the empty name. */
  readonly name: string;
  readonly type: string;
  readonly id: number;
}

const HEADER = 12;
const ANSWER_BIT = 0x80;

/**
 * The questions of a DNS message. Null when it is an answer, or no DNS message at all. Only the question section is read:
 * what follows it may be cut off.
 */
export function questionsOf(message: Buffer): readonly DnsQuestion[] | null {
  if (message.length < HEADER || ((message[2] ?? 0) & ANSWER_BIT) !== 0) return null;
  const onlyQuestions = Buffer.from(message);
  onlyQuestions.fill(0, 6, HEADER); // counts of the other sections
  try {
    const { id = 0, questions = [] } = dnsPacket.decode(onlyQuestions);
    return questions.length === 0
      ? null
      : questions.map(({ name, type }) => ({ id, type, name: name.toLowerCase().replace(/\.$/, '') }));
  } catch {
    return null; // anybody may send anything to port 53
  }
}

/** The DNS messages of a piece of a TCP stream that begins with one, each behind its length in two bytes. */
export function* messagesOf(data: Buffer): Generator<Buffer> {
  let at = 0;
  while (data.length >= at + 2 + HEADER) {
    const length = data.readUInt16BE(at);
    yield data.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}
