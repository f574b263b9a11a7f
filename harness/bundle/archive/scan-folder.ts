// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteReader } from './byte-reader.ts';
import { type Member, readMember } from './member.ts';
import type { ArchiveContent } from './scan-archive.ts';

const BLOBS = 'blobs/sha256';

/**
 * Reads an OCI image layout that lies on disk as a folder (image-spec 1.1, image-layout.md) and digests every blob in it. Nothing but a
 * regular file counts. Throws an Error of the system when it cannot be read.
 */
export async function scanFolder(folder: string): Promise<ArchiveContent> {
  const blobs = await readdir(join(folder, BLOBS), { withFileTypes: true });
  const names = blobs.filter((entry) => entry.isFile()).map(({ name }) => `${BLOBS}/${name}`);
  const members = new Map<string, Member>();
  for (const name of ['oci-layout', 'index.json', ...names])
    members.set(name, await digestFile(folder, name));
  return { members, links: new Map() };
}

async function digestFile(folder: string, name: string): Promise<Member> {
  const path = join(folder, name);
  const { size } = await stat(path);
  const reader = new ByteReader(createReadStream(path, { highWaterMark: 2 ** 20 }));
  try {
    return await readMember(name, {
      name,
      type: 'file',
      linkName: '',
      size,
      read: async () => await reader.some(Infinity),
    });
  } finally {
    await reader.close();
  }
}
