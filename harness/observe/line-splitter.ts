// SPDX-License-Identifier: Apache-2.0
import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into lines, wherever its chunks end. */
export class LineSplitter {
  readonly #decoder: StringDecoder;
  #rest = '';

  /** @param encoding latin1: a character a byte, for what may be in any encoding */
  constructor(encoding: 'latin1' | 'utf8' = 'latin1') {
    this.#decoder = new StringDecoder(encoding);
  }

  /** The lines that are complete with this chunk, without their line ends. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
