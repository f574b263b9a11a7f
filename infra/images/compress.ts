// SPDX-License-Identifier: Apache-2.0
import type { Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from './image-spec.ts';

/** A stream that compresses, or null for none. Levels are modest: setup's time matters more than a few MB. */
export function compressor(compression: Compression): Transform | null {
  return makers[compression]();
}

const makers: Readonly<Record<Compression, () => Transform | null>> = {
  none: () => null,
  gzip: () => createGzip({ level: 6 }),
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
};
