// SPDX-License-Identifier: Apache-2.0
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';

const CHUNK = 256 * 1024;

/**
 * A stream that unpacks gzip (all members) or zstd (all frames, windows up to 2 GiB as `zstd --long=31` makes them). It fails on data
 * that is cut off. Needs Node 26.10: older ones stop silently after a zstd file's first frame.
 */
export function decompressor(compression: 'gzip' | 'zstd'): Gunzip | ZstdDecompress {
  return compression === 'gzip'
    ? createGunzip({ chunkSize: CHUNK })
    : createZstdDecompress({ chunkSize: CHUNK, params: { [constants.ZSTD_d_windowLogMax]: 31 } });
}

/** What a decompressor's error means to a reader. */
export function unpackReason(compression: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (/unexpected end/i.test(said)) return `its ${compression} data is cut off`;
  // the stage ends itself where the data ends, and the pipeline that goes on feeding it says so, in one of two ways
  return /premature close|operation was aborted/i.test(said)
    ? trailingReason(compression)
    : `its ${compression} data is damaged: ${said}`;
}

/** Go's gzip reader, so K3s, takes what follows the last member for a broken header; Node passes over zeros. */
export function trailingReason(compression: string): string {
  return `something else follows its ${compression} data, which K3s does not accept`;
}
