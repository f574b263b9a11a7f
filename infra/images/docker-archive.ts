// SPDX-License-Identifier: Apache-2.0
import type { ArchiveContent, BuiltImage } from './archive-content.ts';
import { digestOf, hexOf } from './digest.ts';
import { imageConfigJson } from './image-config.ts';
import type { WrittenImage } from './image-spec.ts';
import type { TarMember } from './tar-pack.ts';

/**
 * What `docker save` writes, reduced to what its readers need (moby image-spec v1.2): a configuration and plain
 * layers named by their digests, and manifest.json that ties them to names.
 */
export function dockerArchiveMembers(built: readonly BuiltImage[]): ArchiveContent {
  const members = new Map<string, TarMember>();
  const images: WrittenImage[] = [];
  const manifest: { Config: string; RepoTags: readonly string[]; Layers: string[] }[] = [];
  for (const { spec, layers } of built) {
    const diffIds = layers.map((layer) => layer.diffId);
    const config = imageConfigJson(spec, diffIds);
    const configDigest = digestOf(config);
    const configName = `${hexOf(configDigest)}.json`;
    for (const layer of layers) {
      const name = `${hexOf(layer.diffId)}.tar`;
      members.set(name, { name, type: 'file', mode: 0o644, from: layer.path });
    }
    members.set(configName, { name: configName, type: 'file', mode: 0o644, content: config });
    manifest.push({
      Config: configName,
      RepoTags: spec.references,
      Layers: diffIds.map((id) => `${hexOf(id)}.tar`),
    });
    images.push({ references: spec.references, configDigest, manifestDigest: null, diffIds });
  }
  members.set('manifest.json', {
    name: 'manifest.json',
    type: 'file',
    mode: 0o644,
    content: JSON.stringify(manifest),
  });
  return { members: [...members.values()], images };
}
