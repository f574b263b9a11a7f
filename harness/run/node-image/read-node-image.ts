// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import type { ImageContent } from '../../bundle/archive/archive-image.ts';
import { imagesIn } from '../../bundle/archive/read-image-archive.ts';
import { scanArchive } from '../../bundle/archive/scan-archive.ts';
import { scanFolder } from '../../bundle/archive/scan-folder.ts';
import { HarnessError } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';
import { systemReason } from '../../core/system-reason.ts';

/** The one image of an archive or a layout, every digest in it compared. */
export interface GivenImage {
  readonly path: string;
  /** For messages: what the user gave. */
  readonly name: string;
  readonly kind: 'oci-layout' | 'archive';
  /** sha256 of its configuration, which names its layers: what engines call the image's id. */
  readonly configDigest: string;
  /** Lowest first: the member's name, and the digest of its plain tar. */
  readonly layers: readonly { readonly name: string; readonly diffId: string }[];
}

/**
 * Reads a docker-archive or OCI layout (a tar, plain or compressed, or the layout's folder). Throws HarnessError (config) when it is
 * damaged, for another platform, or holds no image or several.
 */
export async function readNodeImage(
  path: string,
  kind: GivenImage['kind'],
  name = path,
): Promise<GivenImage> {
  try {
    if (kind === 'archive' && (await stat(path)).size === 0) throw new Error('it is empty');
    const found = imagesIn(kind === 'archive' ? await scanArchive(path) : await scanFolder(path));
    const { image, layers } = only(found);
    return {
      path,
      name,
      kind,
      configDigest: image.configDigest,
      layers: layers.map(({ name: member, plain }) => {
        if ('error' in plain) throw new Error(plain.error);
        return { name: member, diffId: plain.digest };
      }),
    };
  } catch (error) {
    throw new HarnessError(`node image "${name}" cannot be used: ${systemReason(error)}`, {
      code: 'config',
      hint: 'a node is made of one image for linux/amd64: a docker-archive or an OCI layout, plain or compressed',
      cause: error,
    });
  }
}

/** One image may have several names. */
function only(found: readonly ImageContent[]): ImageContent {
  const [first] = found;
  if (first === undefined) throw new Error('there is no image in it');
  const others = found.filter(({ image }) => image.configDigest !== first.image.configDigest);
  if (others.length === 0) return first;
  const names = found.slice(0, 5).map(({ image }) => quoted(image.reference ?? image.configDigest));
  throw new Error(`it holds several images: ${names.join(', ')}`);
}
