// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { imageConfigSchema } from '../../bundle/archive/image-config.ts';
import { type Descriptor, indexSchema, isAttestation } from '../../bundle/archive/oci-documents.ts';
import { nameOf } from '../../bundle/archive/oci-name.ts';
import { normaliseImageReference } from '../../core/image-reference.ts';
import { memberOf, type UnpackedArchive, type UnpackedMember } from './unpack.ts';

/** A blob for the registry: a file that may be taken away, or its content. */
export interface Blob {
  readonly digest: string;
  readonly from: { readonly path: string } | { readonly bytes: string | Buffer };
}

/** An image as a registry holds it. */
export interface RegistryImage {
  readonly reference: string;
  /** Of what the reference means, the first; the manifests below an index come after it. */
  readonly manifests: readonly string[];
  readonly blobs: readonly Blob[];
}

/** The images of an unpacked archive. Throws an Error for what is none. */
export async function imagesOf(archive: UnpackedArchive): Promise<RegistryImage[]> {
  return archive.members.has('oci-layout') ? await ofLayout(archive) : await ofDockerArchive(archive);
}

/** Every blob under the digest that the layout gives it: nothing of the image changes. */
async function ofLayout(archive: UnpackedArchive): Promise<RegistryImage[]> {
  const { manifests: entries } = indexSchema.parse(await json(memberOf(archive, 'index.json')));
  const images: RegistryImage[] = [];
  for (const entry of entries) {
    const { reference } = nameOf(entry);
    if (reference === null || isAttestation(entry)) continue;
    const below: Below = { manifests: [], blobs: new Map() };
    await collect(archive, entry, below);
    images.push({
      reference,
      manifests: below.manifests,
      blobs: [...below.blobs].map(([digest, path]) => ({ digest, from: { path } })),
    });
  }
  return images;
}

interface Below {
  readonly manifests: string[];
  readonly blobs: Map<string, string>;
}

const linksSchema = z.looseObject({
  manifests: indexSchema.shape.manifests.optional(),
  config: indexSchema.shape.manifests.element.optional(),
  layers: indexSchema.shape.manifests.optional(),
});

/** Everything below a descriptor; of an index, blobs of other platforms may be missing. */
async function collect(archive: UnpackedArchive, { digest }: Descriptor, below: Below): Promise<void> {
  const member = archive.members.get(`blobs/sha256/${digest.replace('sha256:', '')}`);
  if (member === undefined) return;
  below.blobs.set(digest, member.path);
  below.manifests.push(digest);
  const { manifests = [], config, layers = [] } = linksSchema.parse(await json(member));
  for (const one of manifests) await collect(archive, one, below);
  for (const one of [...(config === undefined ? [] : [config]), ...layers]) {
    const blob = archive.members.get(`blobs/sha256/${one.digest.replace('sha256:', '')}`);
    if (blob !== undefined) below.blobs.set(one.digest, blob.path);
  }
}

const dockerSchema = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).nullish(),
  }),
);

const LAYER_TYPES = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const;
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** A docker-archive has no manifest: one is made over its own configuration and layers, whose digests stay. */
async function ofDockerArchive(archive: UnpackedArchive): Promise<RegistryImage[]> {
  const entries = dockerSchema.parse(await json(memberOf(archive, 'manifest.json')));
  const images: RegistryImage[] = [];
  for (const { Config: name, RepoTags: tags, Layers: names } of entries) {
    const config = memberOf(archive, name);
    const text = await readFile(config.path);
    const configDigest = digestOf(text);
    const { rootfs } = imageConfigSchema.parse(JSON.parse(text.toString('utf8')));
    const diffIds = rootfs.diff_ids ?? [];
    const blobs: Blob[] = [{ digest: configDigest, from: { path: config.path } }];
    const layers = [];
    for (const [index, layerName] of (names ?? []).entries()) {
      const layer = memberOf(archive, layerName);
      const digest = await layerDigest(layer, diffIds[index]);
      if (layer.compression === 'other')
        throw new Error(`layer "${layerName}" is compressed in a way no registry knows`);
      layers.push({ mediaType: LAYER_TYPES[layer.compression], digest, size: layer.size });
      blobs.push({ digest, from: { path: layer.path } });
    }
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: configDigest, size: text.length },
      layers,
    });
    const digest = digestOf(Buffer.from(manifest));
    blobs.push({ digest, from: { bytes: manifest } });
    for (const tag of tags ?? []) {
      const reference = normaliseImageReference(tag);
      if (reference !== null) images.push({ reference, manifests: [digest], blobs });
    }
  }
  return images;
}

/** A plain layer's digest is its diff_id, which was compared when the bundle was read. */
async function layerDigest(
  { path, compression }: UnpackedMember,
  diffId: string | undefined,
): Promise<string> {
  if (compression === 'none' && diffId !== undefined) return diffId;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function json({ path }: UnpackedMember): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
