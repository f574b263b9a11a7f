// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { BombGuard } from './bomb-guard.ts';
import { decompressor, unpackReason } from './decompressor.ts';

/** sha256:<hex> and size of bytes that went by. */
export interface Digested {
  readonly digest: string;
  readonly size: number;
}

/**
 * Unpacks compressed bytes that are pushed into it and digests the result, holding none of it: a layer's diff_id is the digest of its plain
 * content.
 */
export class UnpackedDigest {
  readonly #compression: 'gzip' | 'zstd';
  readonly #stage: Transform;
  readonly #hash = createHash('sha256');
  readonly #guard = new BombGuard();
  #size = 0;
  #failure: unknown;

  constructor(compression: 'gzip' | 'zstd') {
    this.#compression = compression;
    this.#stage = decompressor(compression);
    this.#stage.on('error', (error) => (this.#failure ??= error));
    this.#stage.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    try {
      this.#guard.unpacked(chunk.length);
    } catch (error) {
      this.#stage.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Resolves when more is welcome. After a failure it does nothing: `end` tells. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#failure !== undefined || this.#stage.destroyed) return;
    this.#guard.packed(chunk.length);
    if (this.#stage.write(chunk)) return;
    const gone = new AbortController();
    try {
      await Promise.race([
        once(this.#stage, 'drain', { signal: gone.signal }),
        once(this.#stage, 'close', { signal: gone.signal }),
      ]);
    } catch {
      // the stage failed: `end` tells
    } finally {
      gone.abort();
    }
  }

  /** Throws an Error that says why the data cannot be unpacked. */
  async end(): Promise<Digested> {
    try {
      if (this.#failure === undefined) {
        this.#stage.end();
        await finished(this.#stage);
      }
    } catch (error) {
      this.#failure ??= error;
    }
    if (this.#failure === undefined)
      return { digest: `sha256:${this.#hash.digest('hex')}`, size: this.#size };
    // an error without a code is the bomb guard's own
    if (this.#failure instanceof Error && !('code' in this.#failure)) throw this.#failure;
    throw new Error(unpackReason(this.#compression, this.#failure), { cause: this.#failure });
  }
}
