// SPDX-License-Identifier: Apache-2.0

/** What a TLS client says of whom it wants. */
export interface ClientHello {
  /** Server name, lower case; null when it gives none. */
  readonly sni: string | null;
  /** Protocols it offers to speak (ALPN), in its order. */
  readonly alpn: readonly string[];
}

const HANDSHAKE = 22;
const RECORD_HEADER = 5;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
/** TLS records are 16 KiB at most (RFC 8446, 5.1). */
const LONGEST_RECORD = 16_384;

/** Length of the first TLS record with its header; null for what is no TLS handshake. */
export function recordLength(bytes: Buffer): number | null {
  if (bytes[0] !== HANDSHAKE || (bytes.length > 1 && bytes[1] !== 3)) return null;
  if (bytes.length < RECORD_HEADER) return RECORD_HEADER;
  const length = bytes.readUInt16BE(3);
  return length > LONGEST_RECORD ? null : RECORD_HEADER + length;
}

/** Reads a whole first record (RFC 8446, 4.1.2). Null for any other handshake, and for one that is not well formed. */
export function readClientHello(record: Buffer): ClientHello | null {
  try {
    return parse(record.subarray(RECORD_HEADER));
  } catch (error) {
    if (error instanceof RangeError) return null; // a length that leads past the end
    throw error;
  }
}

function parse(message: Buffer): ClientHello | null {
  if (message.readUInt8(0) !== CLIENT_HELLO) return null;
  let at = 4 + 2 + 32; // type and length, version, random
  at += 1 + message.readUInt8(at); // session id
  at += 2 + message.readUInt16BE(at); // cipher suites
  at += 1 + message.readUInt8(at); // compression methods
  let sni: string | null = null;
  let alpn: readonly string[] = [];
  if (at >= message.length) return { sni, alpn };
  const end = at + 2 + message.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = message.readUInt16BE(at);
    const content = message.subarray(at + 4, at + 4 + message.readUInt16BE(at + 2));
    if (type === SERVER_NAME && content.length > 5)
      sni = content.toString('latin1', 5, 5 + content.readUInt16BE(3)).toLowerCase();
    if (type === ALPN) alpn = [...protocolsIn(content)];
    at += 4 + content.length;
  }
  return { sni, alpn };
}

function* protocolsIn(content: Buffer): Generator<string> {
  for (let at = 2; at < content.length; at += 1 + content.readUInt8(at))
    yield content.toString('latin1', at + 1, at + 1 + content.readUInt8(at));
}
