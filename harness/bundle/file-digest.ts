// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Item, ItemKind } from '../core/bundle.ts';
import { printable } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import { bundleError } from './bundle-error.ts';
import type { Inside } from './inside.ts';

/** A file of the bundle as an item, its digest read from disk. Throws HarnessError (bundle) when it cannot be read. */
export async function fileItem(kind: ItemKind, { path, file, size }: Inside): Promise<Item> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  } catch (error) {
    throw bundleError(
      `cannot read "${printable(file)}" of the bundle: ${systemReason(error)}`,
      undefined,
      error,
    );
  }
  return {
    kind,
    name: file.slice(file.lastIndexOf('/') + 1),
    digest: `sha256:${hash.digest('hex')}`,
    file,
    size,
  };
}

/**
 * The bundle's digest: sha256 over one line `<digest> <file>\n` for each file, sorted by bytes. Equal bundles have equal digests
 * wherever they lie; what an archive holds is in the archive's own digest.
 */
export function bundleDigest(items: readonly Item[]): string {
  const lines = items.filter(({ kind }) => kind !== 'image').map(({ digest, file }) => `${digest} ${file}\n`);
  const hash = createHash('sha256');
  for (const line of lines.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    hash.update(line);
  return `sha256:${hash.digest('hex')}`;
}
