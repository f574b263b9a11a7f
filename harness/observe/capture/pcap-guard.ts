// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../../core/errors.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** libpcap's own limit of a record's length. */
const MAXIMUM_SNAPLEN = 262_144;
const ETHERNET = 1;

/**
 * Stands before pcap-parser, which trusts a damaged length and then falls silent. Passes bytes on when they are what they
 * should be: magic with microseconds, version 2.4, Ethernet, each record length within the limits.
 */
export class PcapGuard {
  readonly #what: string;
  /** The header that is not complete yet. */
  #held = Buffer.alloc(0);
  /** Bytes of the current record that are still to come. */
  #body = 0;
  #hasBegun = false;
  #isLittleEndian = true;
  #limit = MAXIMUM_SNAPLEN;

  /** @param what names the capture in errors */
  constructor(what: string) {
    this.#what = what;
  }

  /** The part of the stream that may be passed on with this chunk. Throws HarnessError at the first wrong byte. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      if (this.#body > 0) {
        const step = Math.min(this.#body, bytes.length - at);
        this.#body -= step;
        at += step;
        if (this.#body > 0) break;
      }
      const size = this.#hasBegun ? RECORD_HEADER : FILE_HEADER;
      if (bytes.length - at < size) break;
      if (this.#hasBegun) this.#recordHeader(bytes.subarray(at, at + size));
      else this.#fileHeader(bytes.subarray(at, at + size));
      at += size;
    }
    this.#held = Buffer.from(bytes.subarray(at));
    return bytes.subarray(0, at);
  }

  /** Throws HarnessError when the stream ended inside a record or before its first header. */
  end(): void {
    if (this.#hasBegun && this.#held.length === 0 && this.#body === 0) return;
    const where =
      this.#body > 0
        ? `${this.#body} bytes of a packet are missing`
        : `${this.#held.length} bytes of a header are left`;
    throw this.#error(`it is cut off: ${where}`);
  }

  #fileHeader(header: Buffer): void {
    const magic = header.toString('hex', 0, 4);
    if (magic !== 'd4c3b2a1' && magic !== 'a1b2c3d4') {
      const isNano = magic === '4d3cb2a1' || magic === 'a1b23c4d';
      throw this.#error(
        `its first bytes are ${magic}${isNano ? ' (times in nanoseconds)' : ''}, not those of pcap`,
      );
    }
    this.#isLittleEndian = magic === 'd4c3b2a1';
    this.#hasBegun = true;
    const version = `${this.#uint16(header, 4)}.${this.#uint16(header, 6)}`;
    if (version !== '2.4') throw this.#error(`its version is ${version}, not 2.4`);
    this.#limit = Math.max(this.#uint32(header, 16), MAXIMUM_SNAPLEN);
    const linkType = this.#uint32(header, 20) & 0xffff;
    if (linkType !== ETHERNET) throw this.#error(`its link type is ${linkType}, not Ethernet`);
  }

  #recordHeader(header: Buffer): void {
    const captured = this.#uint32(header, 8);
    if (captured > this.#limit) throw this.#error(`a record says it has ${captured} bytes`);
    this.#body = captured;
  }

  #uint16(bytes: Buffer, offset: number): number {
    return this.#isLittleEndian ? bytes.readUInt16LE(offset) : bytes.readUInt16BE(offset);
  }

  #uint32(bytes: Buffer, offset: number): number {
    return this.#isLittleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
  }

  #error(reason: string): HarnessError {
    return new HarnessError(`the capture "${this.#what}" cannot be read: ${reason}`, { code: 'harness' });
  }
}
