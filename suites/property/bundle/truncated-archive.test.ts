// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';

/** Small real archives, as the image builder writes them, in a bundle that needs nothing else. */
describe('an image archive', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airgap-archive-'));
    await mkdir(join(dir, 'images'));
  });
  after(async () => await rm(dir, { recursive: true }));

  const read = async (name: string, bytes: Uint8Array): Promise<string[]> => {
    const path = join(dir, 'images', name);
    await writeFile(path, bytes);
    try {
      return (await readBundle(dir)).images.map(({ reference }) => reference ?? '');
    } finally {
      await rm(path);
    }
  };
  const build = async (
    format: 'docker-archive' | 'oci',
    compression: 'none' | 'gzip' | 'zstd',
  ): Promise<Buffer> => {
    const path = join(dir, 'built');
    const layer = { entries: [{ path: 'etc/motd', content: 'hello\n'.repeat(400) }] };
    await writeImageArchive(path, [{ references: ['registry.example/a/b:1'], layers: [layer] }], {
      format,
      compression,
    });
    return await readFile(path);
  };

  for (const format of ['docker-archive', 'oci'] as const) {
    for (const [compression, ending] of [
      ['none', 'tar'],
      ['gzip', 'tar.gz'],
      ['zstd', 'tar.zst'],
    ] as const) {
      it(`${format}, ${compression}: is read whole, and refused with its name when it is cut anywhere`, async () => {
        const whole = await build(format, compression);
        expect(await read(`a.${ending}`, whole)).to.deep.equal(['registry.example/a/b:1']);
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
            fc.pre(!endsInEmptyFrame(whole, length));
            const error: unknown = await read(`a.${ending}`, whole.subarray(0, length)).catch(
              (thrown: unknown) => thrown,
            );
            expect(error, `cut to ${length} of ${whole.length} bytes`).to.be.instanceOf(HarnessError);
            expect(error).to.include({ code: 'bundle' });
            expect((error as HarnessError).message).to.contain(`images/a.${ending}`);
          }),
          {
            numRuns: 120,
            examples: [[0], [1], [whole.length - 1], [512]].map(([n = 0]) => [Math.min(n, whole.length - 1)]),
          },
        );
      });
    }

    it(`${format}: one changed byte of a layer is found`, async () => {
      const whole = Buffer.from(await build(format, 'none'));
      const at = whole.indexOf('hello\n');
      expect(at).to.be.greaterThan(0);
      whole[at] = 'j'.charCodeAt(0);
      const error: unknown = await read('a.tar', whole).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(HarnessError);
      expect((error as HarnessError).message).to.match(/digest/);
    });
  }

  it('in several zstd frames with skippable ones between reads like one frame', async () => {
    const plain = await build('oci', 'none');
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: plain.length - 1 }), { maxLength: 4 }),
        async (cuts) => {
          const edges = [0, ...cuts.toSorted((a, b) => a - b), plain.length];
          const frames = edges
            .slice(1)
            .flatMap((end, index) => [skippable, zstdCompressSync(plain.subarray(edges[index], end))]);
          expect(await read('a.tar.zst', Buffer.concat(frames))).to.deep.equal(['registry.example/a/b:1']);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** The packer ends a zstd file with an empty frame: cut exactly before it nothing is missing, and that is no damage. */
function endsInEmptyFrame(whole: Buffer, length: number): boolean {
  const rest = whole.subarray(length);
  return rest.length === 9 && rest.readUInt32LE(0) === 0xfd2fb528 && zstdDecompressSync(rest).length === 0;
}
