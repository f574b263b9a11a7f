// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';
import { bundleError } from '../bundle-error.ts';
import type { Inside } from '../inside.ts';
import type { ArchiveImage, ImageContent } from './archive-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import type { Digested } from './layer-digest.ts';
import { readOciLayout } from './oci-layout.ts';
import { type ArchiveContent, scanArchive } from './scan-archive.ts';

export interface ImageArchive {
  /** Of the file on disk. */
  readonly file: Digested;
  readonly images: readonly ArchiveImage[];
}

/**
 * Reads an image archive once and verifies every digest in it: docker-archive or OCI layout, also the mixture that docker 25 and later save, plain or
 * compressed. Which of the two it is follows containerd's import: an `oci-layout` file decides.
 *
 * @throws HarnessError (bundle) that names the archive and what is wrong: cut off, damaged, a digest that does not match, for another platform
 */
export async function readImageArchive({ path, file, size }: Inside): Promise<ImageArchive> {
  try {
    if (size === 0) throw new Error('it is empty');
    const scanned = await scanArchive(path);
    const images = imagesIn(scanned).map(({ image }) => image);
    if (images.length === 0) throw new Error('there is no image in it');
    return { file: scanned.file, images };
  } catch (error) {
    throw bundleError(
      `image archive "${printable(file)}" cannot be used: ${reasonOf(error)}`,
      'make the archive again and compare its checksum on both sides of the transfer',
      error,
    );
  }
}

/** The images of an archive, layers included. Throws an Error that says what is wrong with them. */
export function imagesIn(content: ArchiveContent): ImageContent[] {
  const { members } = content;
  if (members.has('oci-layout')) return readOciLayout(content);
  if (members.has('manifest.json')) return readDockerArchive(content);
  if (members.has('index.json'))
    throw new Error(
      'it has an index.json but no oci-layout file, so K3s does not take it for an image layout',
    );
  const some = [...members.keys()].slice(0, 3).map(quoted).join(', ');
  throw new Error(
    `it holds neither manifest.json nor oci-layout${some === '' ? '' : `, but ${some}`}: it is no image archive`,
  );
}
