// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BuiltImage } from './archive-content.ts';
import { compressor } from './compress.ts';
import { dockerArchiveMembers } from './docker-archive.ts';
import type { ArchiveFormat, Compression, ImageSpec, LayerSource, WrittenImage } from './image-spec.ts';
import { buildLayer } from './layer.ts';
import type { BuiltLayer } from './layer.ts';
import { ociLayoutMembers } from './oci-layout.ts';
import { packTar } from './tar-pack.ts';

export interface ArchiveOptions {
  readonly format: ArchiveFormat;
  /** Of the whole archive. @default none */
  readonly compression?: Compression;
  /** Of each layer inside an OCI layout; a docker-archive's layers are always plain. @default none */
  readonly layerCompression?: Compression;
}

/**
 * Writes images into one archive. Equal input gives equal bytes; every digest in it is computed from what is
 * written; a layer that several images share is stored once. The file appears whole or not at all.
 *
 * @param path where the archive goes; its folder is made
 * @throws HarnessError when a layer cannot be packed
 */
export async function writeImageArchive(
  path: string,
  images: readonly ImageSpec[],
  options: ArchiveOptions,
): Promise<readonly WrittenImage[]> {
  await mkdir(dirname(path), { recursive: true });
  const parts = `${path}.parts-${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(parts);
  try {
    const built = await buildLayers(images, parts);
    const content =
      options.format === 'docker-archive'
        ? dockerArchiveMembers(built)
        : await ociLayoutMembers(built, options.layerCompression ?? 'none', parts);
    const whole = join(parts, 'archive');
    await compressTo(whole, packTar(content.members), options.compression ?? 'none');
    await rename(whole, path);
    return content.images;
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** Builds each distinct layer source once. */
async function buildLayers(images: readonly ImageSpec[], parts: string): Promise<BuiltImage[]> {
  const bySource = new Map<LayerSource, BuiltLayer>();
  const built: BuiltImage[] = [];
  for (const spec of images) {
    const layers: BuiltLayer[] = [];
    for (const source of spec.layers) {
      const layer = bySource.get(source) ?? (await buildLayer(source, join(parts, `layer-${bySource.size}`)));
      bySource.set(source, layer);
      layers.push(layer);
    }
    built.push({ spec, layers });
  }
  return built;
}

async function compressTo(path: string, source: Readable, compression: Compression): Promise<void> {
  const stage = compressor(compression);
  if (stage === null) await pipeline(source, createWriteStream(path));
  else await pipeline(source, stage, createWriteStream(path));
}
