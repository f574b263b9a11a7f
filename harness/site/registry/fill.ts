// SPDX-License-Identifier: Apache-2.0
import { access, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, HarnessError, reasonOf } from '../../core/errors.ts';
import type { GateRegistry } from '../../core/gate-services.ts';
import { type Blob, imagesOf, type RegistryImage } from './images-of.ts';
import { placeOf, type RegistryPlace } from './place.ts';
import { unpackArchive } from './unpack.ts';

/** An image that the site's registry holds. */
export interface FilledImage {
  readonly reference: string;
  /** `repository:tag` in the registry. */
  readonly at: string;
  /** Of the manifest or index that the reference means. */
  readonly digest: string;
}

/**
 * Puts the images of these archives into a registry's storage, as the registry itself lays it out (distribution,
 * registry/storage/paths.go): each blob is written once, from the archive, and no digest changes. It may serve meanwhile.
 * Throws HarnessError (bundle) that names the archive which cannot be read.
 *
 * @param storage the registry's root directory
 */
export async function fillRegistry(
  storage: string,
  archives: readonly string[],
  registry: Pick<GateRegistry, 'host' | 'port' | 'tls' | 'projects'>,
): Promise<FilledImage[]> {
  const filled: FilledImage[] = [];
  for (const [index, archive] of archives.entries()) {
    const staging = join(storage, `staging-${index}`);
    await mkdir(staging, { recursive: true });
    try {
      for (const image of await imagesOf(await unpackArchive(archive, staging))) {
        const place = placeOf(image.reference, registry);
        if (place !== null) filled.push(await storeArtifact(storage, image, place));
      }
    } catch (error) {
      throw new HarnessError(`"${archive}" cannot be put into the site's registry: ${reasonOf(error)}`, {
        code: 'bundle',
        hint: 'is there room on the disk, and is it the archive that was inspected?',
        cause: error,
      });
    }
    await rm(staging, { recursive: true });
  }
  return filled;
}

/** Writes one image, or another artifact, into a registry's storage. Throws an Error of the system. */
export async function storeArtifact(
  storage: string,
  image: RegistryImage,
  place: RegistryPlace,
): Promise<FilledImage> {
  const root = join(storage, 'docker/registry/v2');
  const { repository, tag } = place;
  const folder = join(root, 'repositories', repository);
  for (const blob of image.blobs) {
    await storeBlob(root, blob);
    await writeLink(join(folder, '_layers/sha256', hex(blob.digest), 'link'), blob.digest);
  }
  for (const digest of image.manifests)
    await writeLink(join(folder, '_manifests/revisions/sha256', hex(digest), 'link'), digest);
  const digest = image.manifests[0] ?? '';
  if (tag !== null) {
    const tagFolder = join(folder, '_manifests/tags', tag);
    await writeLink(join(tagFolder, 'current/link'), digest);
    await writeLink(join(tagFolder, 'index/sha256', hex(digest), 'link'), digest);
  }
  return {
    reference: image.reference,
    at: `${repository}${tag === null ? `@${digest}` : `:${tag}`}`,
    digest,
  };
}

/** Two images of an archive may share a file: it is linked, not moved. */
async function storeBlob(root: string, { digest, from }: Blob): Promise<void> {
  const path = join(root, 'blobs/sha256', hex(digest).slice(0, 2), hex(digest), 'data');
  if (await exists(path)) return;
  await mkdir(dirname(path), { recursive: true });
  if ('path' in from) {
    await link(from.path, path).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
    return;
  }
  await writeFile(`${path}.new`, from.bytes);
  await rename(`${path}.new`, path);
}

async function writeLink(path: string, digest: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, digest);
}

function hex(digest: string): string {
  return digest.replace('sha256:', '');
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
