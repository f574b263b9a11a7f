// SPDX-License-Identifier: Apache-2.0
import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

const CHUNK = 256 * 1024;

/**
 * A stream that unpacks gzip (all members) or zstd (all frames, windows up to 2 GiB as `zstd --long=31` makes them). It fails on data
 * that is cut off. Needs Node 26.10: older ones stop silently after a zstd file's first frame.
 */
export function decompressor(compression: 'gzip' | 'zstd'): Transform {
  return compression === 'gzip'
    ? createGunzip({ chunkSize: CHUNK })
    : createZstdDecompress({ chunkSize: CHUNK, params: { [constants.ZSTD_d_windowLogMax]: 31 } });
}

/** What a decompressor's error means to a reader. */
export function unpackReason(compression: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return /unexpected end/i.test(said)
    ? `its ${compression} data is cut off`
    : `its ${compression} data is damaged: ${said}`;
}
