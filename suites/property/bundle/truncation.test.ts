// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { readBytes, refusal } from '../../unit/bundle/support/archive-file.ts';
import { craneSave, dockerSave, dockerSave25, orasLayout } from '../../unit/bundle/support/producers.ts';

const ARCHIVES: Readonly<Record<string, Buffer>> = {
  'docker save': dockerSave(),
  'docker save 25': dockerSave25(),
  'crane save': craneSave(),
  'oras layout': orasLayout().bytes,
};

const COMPRESSORS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  plain: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  'zstd with checksum': (bytes) => execFileSync('zstd', ['-q', '--check', '-c'], { input: bytes }),
  bzip2: (bytes) => execFileSync('bzip2', ['-c'], { input: bytes }),
  lz4: (bytes) => execFileSync('lz4', ['-q', '-c'], { input: bytes }),
};

describe('an image archive that is cut off', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'airgap-truncation-'));
  after(() => folder[Symbol.dispose]());

  for (const [compression, compress] of Object.entries(COMPRESSORS)) {
    it(`${compression}: is refused wherever that was, and whole it is accepted`, async function () {
      const external = compression === 'bzip2' || compression === 'lz4'; // a process for each reading
      for (const [producer, archive] of Object.entries(ARCHIVES)) {
        let bytes: Buffer;
        try {
          bytes = compress(archive);
        } catch {
          return this.skip(); // the program is not installed
        }
        expect((await readBytes(folder.path, bytes)).images.length, producer).to.be.greaterThan(0);
        for (const end of endsOf(bytes.length, external ? 10 : 60)) {
          const said = await refusal(readBytes(folder.path, bytes.subarray(0, end))).catch(
            (error: unknown) => {
              throw new Error(`${producer}, ${compression}, cut off at byte ${end} of ${bytes.length}`, {
                cause: error,
              });
            },
          );
          expect(said, `${producer} at ${end}`).to.match(
            /cut off|is empty|no tar archive|damaged|before the two empty/,
          );
        }
      }
    });
  }
});

/** Where to cut: the edges of all blocks and the last bytes, where it is hardest to see, and anywhere. */
function endsOf(length: number, count: number): number[] {
  const anywhere = fc.sample(fc.integer({ min: 0, max: length - 1 }), count);
  if (count < 20) return [0, ...anywhere, length - 1];
  const edges = Array.from({ length: Math.ceil(length / 512) }, (_, block) => block * 512);
  const last = Array.from({ length: Math.min(40, length) }, (_, back) => length - 1 - back);
  return [...anywhere, ...edges, ...last];
}
