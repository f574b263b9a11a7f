// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { normaliseImageReference } from '../../core/image-reference.ts';
import { quoted } from '../../core/printable.ts';
import type { ImageContent } from './archive-image.ts';
import { imageConfigSchema, isWanted, parseDocument, platformOf, WANTED_PLATFORM } from './image-config.ts';
import { resolveMember } from './resolve-member.ts';
import type { ArchiveContent } from './scan-archive.ts';
import { verifyLayers } from './verify-layers.ts';

/** manifest.json as `docker save`, skopeo, crane and hauler write it (moby image-spec v1.2, with null for an empty list). */
const manifestSchema = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).nullish(),
  }),
);

type Entry = z.infer<typeof manifestSchema>[number];

/**
 * The images of a docker-archive, every configuration and layer verified. Layers may be symlinks or hard links to those of another image
 * (docker save before 25), and compressed (crane). Throws an Error that names the image and the member.
 */
export function readDockerArchive(archive: ArchiveContent): ImageContent[] {
  const entries = parseDocument(resolveMember(archive, 'manifest.json'), manifestSchema, 'manifest');
  return entries.flatMap((entry) => imagesOf(archive, entry));
}

function imagesOf(archive: ArchiveContent, entry: Entry): ImageContent[] {
  const tags = entry.RepoTags ?? [];
  const image = tags[0] ?? entry.Config;
  const configMember = resolveMember(archive, entry.Config, `configuration of image ${quoted(image)}`);
  verifyName(entry.Config, configMember.digest, image);
  const config = parseDocument(configMember, imageConfigSchema, 'image configuration');
  const platform = platformOf(config);
  if (!isWanted(platform)) {
    throw new Error(
      `image ${quoted(image)} is for ${platform}; the nodes of this harness are ${WANTED_PLATFORM}`,
    );
  }
  const layers = (entry.Layers ?? []).map((name, index) =>
    resolveMember(archive, name, `layer ${index + 1} of image ${quoted(image)}`),
  );
  verifyLayers(image, config, layers);
  const common = {
    configDigest: configMember.digest,
    manifestDigest: null,
    format: 'docker-archive',
    platform,
    layers: layers.length,
    size: layers.reduce((sum, { size }) => sum + size, 0),
  } as const;
  const references = tags.length === 0 ? [null] : tags.map((tag) => referenceOf(tag));
  return references.map((reference) => ({ image: { reference, ...common }, layers }));
}

/** Writers name the configuration by its digest (`<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`): then the name must be true. */
function verifyName(name: string, digest: string, image: string): void {
  const claimed = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  if (claimed === undefined || digest === `sha256:${claimed}`) return;
  throw new Error(
    `configuration of image ${quoted(image)} is named ${quoted(name)}, but its digest is ${digest}`,
  );
}

function referenceOf(tag: string): string {
  const reference = normaliseImageReference(tag);
  if (reference === null) throw new Error(`${quoted(tag)} in manifest.json is no image reference`);
  return reference;
}
