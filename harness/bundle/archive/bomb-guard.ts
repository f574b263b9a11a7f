// SPDX-License-Identifier: Apache-2.0

const HARMLESS = 2 ** 30;
/** deflate cannot exceed 1032:1, and what is not all one byte stays far below. */
const RATIO = 1000;

/** Counts what goes into and comes out of a decompressor; nothing is kept in memory, so this only bounds the time that a bomb costs. */
export class BombGuard {
  #packed = 0;
  #unpacked = 0;

  packed(bytes: number): void {
    this.#packed += bytes;
  }

  /** Throws when more than 1 GiB came out of less than a thousandth of that. */
  unpacked(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked > HARMLESS && this.#unpacked > this.#packed * RATIO) {
      throw new Error(
        `${this.#packed} compressed bytes unpack to more than ${RATIO} times as many: refused as a decompression bomb`,
      );
    }
  }
}
