// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveContent, BuiltImage } from './archive-content.ts';
import { compressor } from './compress.ts';
import { digestOf, hexOf, saveStream } from './digest.ts';
import { imageConfigJson } from './image-config.ts';
import type { Compression, WrittenImage } from './image-spec.ts';
import type { BuiltLayer } from './layer.ts';
import type { TarMember } from './tar-pack.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** An OCI image layout (image-spec 1.1, image-layout.md) with one index entry for each name of each image. */
export async function ociLayoutMembers(
  built: readonly BuiltImage[],
  layerCompression: Compression,
  parts: string,
): Promise<ArchiveContent> {
  const blobs = new Map<string, TarMember>();
  const addBlob = (digest: string, source: Pick<TarMember, 'content' | 'from'>): void => {
    const name = `blobs/sha256/${hexOf(digest)}`;
    blobs.set(name, { name, type: 'file', mode: 0o644, ...source });
  };
  const addJson = (mediaType: string, json: string): Descriptor => {
    const digest = digestOf(json);
    addBlob(digest, { content: json });
    return { mediaType, digest, size: Buffer.byteLength(json) };
  };
  const stored = new Map<string, Descriptor>();
  const addLayer = async (layer: BuiltLayer): Promise<Descriptor> => {
    const known = stored.get(layer.diffId);
    if (known !== undefined) return known;
    const blob = await compressLayer(layer, layerCompression, parts);
    addBlob(blob.digest, { from: blob.path });
    const mediaType = layerCompression === 'none' ? layerType : `${layerType}+${layerCompression}`;
    const descriptor = { mediaType, digest: blob.digest, size: blob.size };
    stored.set(layer.diffId, descriptor);
    return descriptor;
  };

  const images: WrittenImage[] = [];
  const index: Descriptor[] = [];
  for (const { spec, layers } of built) {
    const diffIds = layers.map((layer) => layer.diffId);
    const config = addJson('application/vnd.oci.image.config.v1+json', imageConfigJson(spec, diffIds));
    const descriptors: Descriptor[] = [];
    for (const layer of layers) descriptors.push(await addLayer(layer));
    const manifest = addJson(
      manifestType,
      JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: descriptors }),
    );
    const platform = { architecture: spec.architecture ?? 'amd64', os: 'linux' };
    const names = spec.references.map((reference) => ({
      annotations: {
        'io.containerd.image.name': reference,
        'org.opencontainers.image.ref.name': reference,
      },
    }));
    for (const named of names.length === 0 ? [{}] : names) index.push({ ...manifest, platform, ...named });
    images.push({
      references: spec.references,
      configDigest: config.digest,
      manifestDigest: manifest.digest,
      diffIds,
    });
  }
  return { members: [...layoutHead(index), ...blobs.values()], images };
}

function layoutHead(index: readonly Descriptor[]): TarMember[] {
  const indexJson = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: index,
  });
  return [
    { name: 'oci-layout', type: 'file', mode: 0o644, content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', type: 'file', mode: 0o644, content: indexJson },
    { name: 'blobs/', type: 'directory', mode: 0o755 },
    { name: 'blobs/sha256/', type: 'directory', mode: 0o755 },
  ];
}

async function compressLayer(
  layer: BuiltLayer,
  compression: Compression,
  parts: string,
): Promise<{ digest: string; size: number; path: string }> {
  const stage = compressor(compression);
  if (stage === null) return { digest: layer.diffId, size: layer.size, path: layer.path };
  const path = join(parts, `${hexOf(layer.diffId)}.${compression}`);
  const source = createReadStream(layer.path);
  source.on('error', (error) => stage.destroy(error));
  return { ...(await saveStream(source.pipe(stage), path)), path };
}
