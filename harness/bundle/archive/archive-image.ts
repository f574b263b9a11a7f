// SPDX-License-Identifier: Apache-2.0
import type { ImageItem } from '../../core/bundle.ts';

/** An image of an archive under one of its names. */
export type ArchiveImage = Pick<
  ImageItem,
  'reference' | 'storedAs' | 'configDigest' | 'manifestDigest' | 'format' | 'platform' | 'layers' | 'size'
>;
