// SPDX-License-Identifier: Apache-2.0

/** Cuts a stream of bytes into lines, wherever its chunks end. */
export class LineSplitter {
  readonly #encoding: BufferEncoding;
  #rest = '';

  /** @param encoding one byte a character (latin1), or text that has no multi-byte characters across chunks */
  constructor(encoding: 'latin1' | 'ascii' = 'latin1') {
    this.#encoding = encoding;
  }

  /** The lines that are complete with this chunk, without their line ends. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + chunk.toString(this.#encoding)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** What came after the last line end: not empty when the source was cut off. */
  get rest(): string {
    return this.#rest;
  }
}
