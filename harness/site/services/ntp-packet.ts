// SPDX-License-Identifier: Apache-2.0

/** Bytes of an NTP packet without extensions (RFC 5905, 7.3). */
export const NTP_LENGTH = 48;
/** Seconds from NTP's era to Unix's. */
const ERA = 2_208_988_800n;
const CLIENT = 3;
const SERVER = 4;
/** Of a server that takes its time from a reference clock would be 1; this one follows its machine. */
const STRATUM = 2;
/** Offsets of the 64-bit time stamps. */
const REFERENCE = 16;
const ORIGIN = 24;
const RECEIVED = 32;
const SENT = 40;

/** Unix time in nanoseconds => NTP's 64-bit time stamp. */
export function toNtpTime(unixNs: bigint): bigint {
  const seconds = unixNs / 1_000_000_000n + ERA;
  const fraction = ((unixNs % 1_000_000_000n) << 32n) / 1_000_000_000n;
  return BigInt.asUintN(64, (seconds << 32n) | fraction);
}

/**
 * A server's answer to a client's packet; null for what is no question of a client.
 *
 * @param nowNs the time that is told, Unix time in nanoseconds
 */
export function ntpAnswer(question: Buffer, nowNs: bigint): Buffer | null {
  if (question.length < NTP_LENGTH || ((question[0] ?? 0) & 7) !== CLIENT) return null;
  const version = ((question[0] ?? 0) >> 3) & 7;
  const answer = Buffer.alloc(NTP_LENGTH);
  answer[0] = (version << 3) | SERVER;
  answer[1] = STRATUM;
  answer[2] = question[2] ?? 0; // poll interval
  answer.writeInt8(-20, 3); // precision: a microsecond
  answer.writeUInt32BE(0x10000 / 1000, 4); // root delay: a millisecond (16.16 fixed point)
  answer.writeUInt32BE(0x10000 / 1000, 8); // root dispersion
  answer.write('\x7f\x7f\x01\x01', 12, 'latin1'); // reference: the local clock, as ntpd names it
  const now = toNtpTime(nowNs);
  answer.writeBigUInt64BE(now, REFERENCE);
  question.copy(answer, ORIGIN, SENT, SENT + 8);
  answer.writeBigUInt64BE(now, RECEIVED);
  answer.writeBigUInt64BE(now, SENT);
  return answer;
}
