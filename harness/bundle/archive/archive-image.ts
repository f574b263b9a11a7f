// SPDX-License-Identifier: Apache-2.0
import type { ImageItem } from '../../core/bundle.ts';
import type { Member } from './member.ts';

/** An image of an archive under one of its names. */
export type ArchiveImage = Pick<
  ImageItem,
  'reference' | 'storedAs' | 'configDigest' | 'manifestDigest' | 'format' | 'platform' | 'layers' | 'size'
>;

/** What an image of an archive is made of, every digest compared. */
export interface ImageContent {
  readonly image: ArchiveImage;
  /** Lowest first; the digest of a layer's plain content is its diff_id. */
  readonly layers: readonly Member[];
}
