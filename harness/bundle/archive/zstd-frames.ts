// SPDX-License-Identifier: Apache-2.0

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** What the next bytes are; `skip` lies before them. */
type Next = 'magic' | 'descriptor' | 'block' | 'skippable-size';
const LENGTH: Readonly<Record<Next, number>> = { magic: 4, descriptor: 1, block: 3, 'skippable-size': 4 };
const DICTIONARY_ID = [0, 1, 2, 4] as const;
const CONTENT_SIZE = [0, 2, 4, 8] as const;

/**
 * Follows the frames of a zstd file (RFC 8878, section 3.1) without unpacking them, to know whether it ends where a frame ends: Node's
 * decompressor takes a file that is cut off in the header of a further frame for a whole one.
 */
export class ZstdFrames {
  #next: Next = 'magic';
  #skip = 0;
  #held = Buffer.alloc(0);
  #checksum = false;

  /** Data that is no zstd is left to the decompressor, which says so. */
  push(chunk: Buffer): void {
    let rest = chunk;
    for (;;) {
      const skipped = Math.min(this.#skip, rest.length);
      this.#skip -= skipped;
      rest = rest.subarray(skipped);
      if (this.#skip > 0) return;
      const missing = LENGTH[this.#next] - this.#held.length;
      this.#held = Buffer.concat([this.#held, rest.subarray(0, missing)]);
      if (rest.length < missing) return;
      rest = rest.subarray(missing);
      this.#take(this.#held);
      this.#held = Buffer.alloc(0);
    }
  }

  /** True when the last byte pushed was the last one of a frame. */
  get atFrameEnd(): boolean {
    return this.#next === 'magic' && this.#skip === 0 && this.#held.length === 0;
  }

  #take(bytes: Buffer): void {
    switch (this.#next) {
      case 'magic': {
        const magic = bytes.readUInt32LE(0);
        this.#next = magic !== FRAME && magic >>> 4 === SKIPPABLE >>> 4 ? 'skippable-size' : 'descriptor';
        return;
      }
      case 'skippable-size':
        this.#skip = bytes.readUInt32LE(0);
        this.#next = 'magic';
        return;
      case 'descriptor': {
        const descriptor = bytes.readUInt8(0);
        const isSingleSegment = (descriptor & 0x20) !== 0;
        const sizeFlag = descriptor >>> 6;
        const contentSize = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE[sizeFlag] ?? 0);
        this.#checksum = (descriptor & 0x04) !== 0;
        this.#skip = (isSingleSegment ? 0 : 1) + (DICTIONARY_ID[descriptor & 3] ?? 0) + contentSize;
        this.#next = 'block';
        return;
      }
      case 'block': {
        const header = bytes.readUIntLE(0, 3);
        const isLast = (header & 1) === 1;
        const isRunLength = ((header >>> 1) & 3) === 1; // one byte, repeated
        this.#skip = (isRunLength ? 1 : header >>> 3) + (isLast && this.#checksum ? 4 : 0);
        this.#next = isLast ? 'magic' : 'block';
        return;
      }
    }
  }
}
