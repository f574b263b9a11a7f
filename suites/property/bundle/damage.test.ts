// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { readBytes, refusal } from '../../unit/bundle/support/archive-file.ts';
import { config, layer } from '../../unit/bundle/support/image-parts.ts';
import { dockerSave, orasLayout } from '../../unit/bundle/support/producers.ts';
import { rawTar } from '../../unit/bundle/support/raw-tar.ts';

describe('an image archive', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'airgap-damage-'));
  after(() => folder[Symbol.dispose]());

  it('is read the same however zstd frames and gzip members split it', async () => {
    const archive = dockerSave();
    const { images } = await readBytes(folder.path, archive);
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: archive.length }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), fc.nat(40), async (at, isZstd, skippable) => {
        const edges = [0, ...at.toSorted((a, b) => a - b), archive.length];
        const parts = edges.slice(1).map((end, index) => archive.subarray(edges[index], end));
        const skip = Buffer.concat([
          Buffer.from('5d2a4d18', 'hex'),
          Buffer.from([skippable, 0, 0, 0]),
          Buffer.alloc(skippable, 1),
        ]);
        const bytes = Buffer.concat(
          parts.flatMap((part) => (isZstd ? [skip, zstdCompressSync(part), skip] : [gzipSync(part)])),
        );
        expect((await readBytes(folder.path, bytes)).images).to.deep.equal(images);
      }),
      { numRuns: 60 },
    );
  });

  it('whose layer or document has one bit flipped is refused, or it still holds what it did', async () => {
    for (const archive of [dockerSave(), orasLayout().bytes]) {
      const { images } = await readBytes(folder.path, archive);
      const place = fc.record({ byte: fc.nat(archive.length - 1), bit: fc.nat(7) });
      await fc.assert(
        fc.asyncProperty(place, async ({ byte, bit }) => {
          const damaged = Buffer.from(archive);
          damaged[byte] = (damaged[byte] ?? 0) ^ (1 << bit);
          const read = await readBytes(folder.path, damaged).catch(async (error: unknown) => {
            expect(await refusal(Promise.reject(error))).to.be.a('string');
            return null;
          });
          // manifest.json, index.json and unused files carry no digest: a name may have changed, never what it stands for
          const contents = (read?.images ?? images).map(({ configDigest, layers, size }) => ({
            configDigest,
            layers,
            size,
          }));
          expect(
            images.map(({ configDigest, layers, size }) => ({ configDigest, layers, size })),
          ).to.include.deep.members(contents);
        }),
        { numRuns: 150 },
      );
    }
  });

  it('that is a decompression bomb is refused, whether the archive or a layer of it', async () => {
    const frame = zstdCompressSync(Buffer.alloc(64 * 2 ** 20));
    const zeros = Buffer.concat(Array.from({ length: 20 }, () => frame));
    const size = 20 * 64 * 2 ** 20;
    const header = rawTar([{ name: 'zeros', size }]).subarray(0, 512);
    expect(await refusal(readBytes(folder.path, Buffer.concat([zstdCompressSync(header), zeros])))).to.match(
      /^\d+ compressed bytes unpack to more than 1000 times as many: refused as a decompression bomb$/,
    );
    const archive = rawTar([
      { name: 'manifest.json', content: JSON.stringify([{ Config: 'c', RepoTags: ['a:1'], Layers: ['l'] }]) },
      { name: 'c', content: config([layer('x')]) },
      { name: 'l', content: zeros },
    ]);
    expect(await refusal(readBytes(folder.path, archive))).to.equal(
      `layer 1 of image "a:1" ("l") cannot be unpacked: ${zeros.length} compressed bytes unpack to more than 1000 times as many: refused as a decompression bomb`,
    );
  });
});
