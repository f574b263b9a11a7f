// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec, WrittenImage } from './image-spec.ts';
import type { BuiltLayer } from './layer.ts';
import type { TarMember } from './tar-pack.ts';

/** An image whose layers are on disk. */
export interface BuiltImage {
  readonly spec: ImageSpec;
  readonly layers: readonly BuiltLayer[];
}

/** What a format's writer gives: the archive's members in order, and what is in it. */
export interface ArchiveContent {
  readonly members: readonly TarMember[];
  readonly images: readonly WrittenImage[];
}
