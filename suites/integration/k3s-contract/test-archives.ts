// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { writeImageArchive } from '../../../infra/images/build-image.ts';

/** K3s's endings of image archives, each with what makes such a file from a tar. */
export const ENDINGS: Readonly<Record<string, (tar: Buffer) => Buffer>> = {
  tar: (tar) => tar,
  'tar.gz': (tar) => gzipSync(tar),
  tgz: (tar) => gzipSync(tar),
  'tar.zst': (tar) => zstdCompressSync(tar),
  tzst: (tar) => zstdCompressSync(tar),
  'tar.bz2': bzip2,
  tbz: bzip2,
  'tar.lz4': storedLz4,
};

/** Writes DIR/NAME.ENDING with one image `airgap.local/NAME:1` that holds one small file; its path. */
export async function imageArchive(
  directory: string,
  name: string,
  ending = 'tar',
  format: 'docker-archive' | 'oci' = 'docker-archive',
): Promise<string> {
  const path = join(directory, `${name}.${ending}`);
  const plain = `${path}.plain`;
  const layers = [{ entries: [{ path: 'name', content: name }] }];
  await writeImageArchive(plain, [{ references: [`airgap.local/${name}:1`], layers }], { format });
  const compress = ENDINGS[ending];
  if (compress === undefined) throw new Error(`no such ending: ${ending}`);
  await writeFile(path, compress(await readFile(plain)));
  return path;
}

function bzip2(tar: Buffer): Buffer {
  const program = 'import bz2,sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))';
  return execFileSync('python3', ['-c', program], { input: tar, maxBuffer: 2 ** 26 });
}

/** An LZ4 frame of stored blocks (LZ4 frame format 1.6: magic, flags, block size 64 KiB, checksum of these two). */
function storedLz4(tar: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])];
  for (let at = 0; at < tar.length; at += 65_536) {
    const block = tar.subarray(at, at + 65_536);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length + 0x8000_0000);
    parts.push(size, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}
