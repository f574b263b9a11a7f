// SPDX-License-Identifier: Apache-2.0
import { quoted } from '../../core/printable.ts';
import type { ImageContent } from './archive-image.ts';
import { imageConfigSchema, isWanted, parseDocument, platformOf, WANTED_PLATFORM } from './image-config.ts';
import type { Member } from './member.ts';
import {
  type Descriptor,
  eitherSchema,
  IMAGE_CONFIGS,
  indexSchema,
  isAttestation,
  isRemoteLayer,
  isTarLayer,
  layoutSchema,
} from './oci-documents.ts';
import { nameOf } from './oci-name.ts';
import { resolveMember } from './resolve-member.ts';
import type { ArchiveContent } from './scan-archive.ts';
import { verifyLayers } from './verify-layers.ts';

/** A manifest for the wanted platform, everything below it verified. */
interface Runnable {
  readonly configDigest: string;
  readonly platform: string | null;
  readonly layers: readonly Member[];
}

/** What a descriptor turned out to be: something to run, something for other platforms only, or no image (a chart, a signature). */
type Found = Runnable | { readonly otherPlatforms: readonly string[] } | 'no-image';

/**
 * The images of an OCI image layout in a tar (image-spec 1.1, image-layout.md), one for each entry of index.json that is an image, every
 * blob on the way verified: digest, size, and the layers' diff_ids. Of an index the manifest for the nodes' platform counts; blobs of
 * other platforms may be missing. Throws an Error that names image and blob.
 */
export function readOciLayout(archive: ArchiveContent): ImageContent[] {
  parseDocument(resolveMember(archive, 'oci-layout'), layoutSchema, 'layout marker');
  verifyBlobNames(archive);
  const { manifests } = parseDocument(resolveMember(archive, 'index.json'), indexSchema, 'index');
  return manifests.filter((entry) => !isAttestation(entry)).flatMap((entry) => imagesOf(archive, entry));
}

function imagesOf(archive: ArchiveContent, entry: Descriptor): ImageContent[] {
  const { label, ...name } = nameOf(entry);
  const found = find(archive, entry, label, 0);
  if (found === 'no-image') return [];
  if ('otherPlatforms' in found) {
    const platforms = found.otherPlatforms.length === 0 ? 'no platform' : found.otherPlatforms.join(', ');
    throw new Error(
      `image ${quoted(label)} is for ${platforms}; the nodes of this harness are ${WANTED_PLATFORM}`,
    );
  }
  return [
    {
      image: {
        ...name,
        configDigest: found.configDigest,
        manifestDigest: entry.digest,
        format: 'oci-layout',
        platform: found.platform,
        layers: found.layers.length,
        size: found.layers.reduce((sum, { size }) => sum + size, 0),
      },
      layers: found.layers,
    },
  ];
}

/** An index may hold indexes; real ones are two deep. */
const MAX_DEPTH = 5;

function find(archive: ArchiveContent, descriptor: Descriptor, image: string, depth: number): Found {
  if (depth > MAX_DEPTH)
    throw new Error(`image ${quoted(image)} has indexes nested more than ${MAX_DEPTH} deep`);
  const member = blobOf(archive, descriptor, `manifest of image ${quoted(image)}`);
  const document = parseDocument(member, eitherSchema, `manifest of image ${quoted(image)},`);
  return document.type === 'manifest'
    ? readManifest(archive, document, image)
    : choose(archive, document.manifests, image, depth);
}

function choose(
  archive: ArchiveContent,
  manifests: readonly Descriptor[],
  image: string,
  depth: number,
): Found {
  const candidates = manifests.filter((entry) => !isAttestation(entry));
  const others = new Set<string>();
  for (const entry of candidates) {
    const declared = entry.platform ? platformOf(entry.platform) : null;
    if (isWanted(declared)) {
      const found = find(archive, entry, image, depth + 1);
      if (found === 'no-image' || !('otherPlatforms' in found)) return found;
      for (const platform of found.otherPlatforms) others.add(platform);
    } else if (declared !== null) others.add(declared);
  }
  return { otherPlatforms: [...others].toSorted() };
}

function readManifest(
  archive: ArchiveContent,
  {
    config: configDescriptor,
    layers,
  }: { readonly config: Descriptor; readonly layers: readonly Descriptor[] },
  image: string,
): Found {
  const configMember = blobOf(archive, configDescriptor, `configuration of image ${quoted(image)}`);
  const blobs = layers.map((layer, index) =>
    layerOf(archive, layer, `layer ${index + 1} of image ${quoted(image)}`),
  );
  if (!IMAGE_CONFIGS.includes(configDescriptor.mediaType ?? '')) return 'no-image';
  const config = parseDocument(configMember, imageConfigSchema, 'image configuration');
  const platform = platformOf(config);
  if (!isWanted(platform)) return { otherPlatforms: platform === null ? [] : [platform] };
  for (const [index, layer] of layers.entries()) {
    if (isTarLayer(layer)) continue;
    throw new Error(
      `layer ${index + 1} of image ${quoted(image)} has the media type ${quoted(layer.mediaType ?? '')}, which is no layer's`,
    );
  }
  verifyLayers(image, config, blobs);
  return { configDigest: configMember.digest, platform, layers: blobs };
}

function layerOf(archive: ArchiveContent, layer: Descriptor, role: string): Member {
  if (isRemoteLayer(layer)) {
    const from = layer.urls?.[0];
    throw new Error(
      `${role} is not in the archive by design: it must be fetched${from === undefined ? '' : ` from ${quoted(from)}`}`,
    );
  }
  return blobOf(archive, layer, role);
}

/** The blob of a descriptor; throws when it is missing or its size is not what the descriptor says. */
function blobOf(archive: ArchiveContent, { digest, size }: Descriptor, role: string): Member {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined)
    throw new Error(`${role} has the digest ${quoted(digest)}; only sha256 can be verified`);
  const member = resolveMember(archive, `blobs/sha256/${hex}`, role);
  if (member.size !== size)
    throw new Error(`${role} has ${member.size} bytes, but its descriptor says ${size}`);
  return member;
}

/** A blob's name is its digest: all are compared, also those that nothing points to. */
function verifyBlobNames({ members, links }: ArchiveContent): void {
  for (const [name, { digest }] of members) {
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (hex !== undefined && digest !== `sha256:${hex}`)
      throw new Error(`blob ${quoted(name)} has the digest ${digest}`);
  }
  for (const name of links.keys()) {
    if (name.startsWith('blobs/')) throw new Error(`blob ${quoted(name)} is a link; it must be a file`);
  }
}
