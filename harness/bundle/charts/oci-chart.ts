// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { quoted } from '../../core/printable.ts';
import { ByteReader } from '../archive/byte-reader.ts';
import { parseDocument } from '../archive/image-config.ts';
import { type Descriptor, eitherSchema, indexSchema, layoutSchema } from '../archive/oci-documents.ts';
import { resolveMember } from '../archive/resolve-member.ts';
import { type ArchiveContent, scanArchive } from '../archive/scan-archive.ts';
import { scanFolder } from '../archive/scan-folder.ts';
import { readTar } from '../archive/tar-reader.ts';
import { unpackStream } from '../archive/unpack-stream.ts';
import type { Inside } from '../inside.ts';
import { MAX_CHART_BYTES } from './chart-files.ts';

/** Media types of a chart as an OCI artifact (helm.sh, "Use OCI-based registries", helm chart manifest). */
const CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const CONTENT = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/**
 * The packed chart in an OCI image layout (image-spec 1.1, image-layout.md), a tar or a folder, its digest verified. Throws an Error that
 * says what is wrong: no chart in it, more than one, a digest that does not match.
 */
export async function readOciChart({ path, kind }: Inside): Promise<Buffer> {
  const content = kind === 'folder' ? await scanFolder(path) : await scanArchive(path);
  const layer = chartLayer(content);
  const name = blobName(layer);
  const member = resolveMember(content, name, 'the chart');
  if (member.digest !== layer.digest || member.size !== layer.size)
    throw new Error(`blob ${quoted(name)} has the digest ${member.digest} and ${member.size} bytes`);
  if (member.size > MAX_CHART_BYTES)
    throw new Error(`the chart in it has ${member.size} bytes, which helm refuses`);
  return kind === 'folder' ? await readFile(join(path, member.name)) : await readMemberOf(path, member.name);
}

function chartLayer(content: ArchiveContent): Descriptor {
  parseDocument(resolveMember(content, 'oci-layout'), layoutSchema, 'layout marker');
  const { manifests } = parseDocument(resolveMember(content, 'index.json'), indexSchema, 'index');
  const layers = manifests.flatMap((entry) => {
    const manifest = parseDocument(resolveMember(content, blobName(entry)), eitherSchema, 'manifest');
    if (manifest.type !== 'manifest' || manifest.config.mediaType !== CONFIG) return [];
    return manifest.layers.filter(({ mediaType }) => mediaType === CONTENT);
  });
  const distinct = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  const [only] = distinct;
  if (only === undefined) throw new Error('there is no chart in this image layout');
  if (distinct.length > 1)
    throw new Error(`there are ${distinct.length} charts in this image layout; give each its own`);
  return only;
}

function blobName({ digest }: Descriptor): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined)
    throw new Error(`the digest ${quoted(digest)} is none of sha256, which alone can be verified`);
  return `blobs/sha256/${hex}`;
}

/** One member of a tar that was scanned before. */
async function readMemberOf(path: string, name: string): Promise<Buffer> {
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  const reader = new ByteReader(unpackStream(file as AsyncIterable<Buffer>));
  try {
    for await (const entry of readTar(reader)) {
      if (posix.normalize(entry.name) !== name || entry.type !== 'file') continue;
      const parts: Buffer[] = [];
      for (let part = await entry.read(); part !== null; part = await entry.read())
        parts.push(Buffer.from(part));
      return Buffer.concat(parts);
    }
  } finally {
    await reader.close();
    file.destroy();
  }
  throw new Error(`${quoted(name)} is gone from it`);
}
