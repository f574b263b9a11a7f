// SPDX-License-Identifier: Apache-2.0
import type { Bundle, ImageItem, Item, ManifestObject } from '../core/bundle.ts';
import { printable } from '../core/printable.ts';
import { readImageArchive } from './archive/read-image-archive.ts';
import { bundleError } from './bundle-error.ts';
import { type FoundChart, readCharts } from './charts/read-charts.ts';
import { readInlineCharts } from './charts/inline-charts.ts';
import { readStaticCharts } from './charts/static-charts.ts';
import { bundleDigest, fileItem } from './file-digest.ts';
import type { Inside } from './inside.ts';
import { verifyBinary } from './kubernetes-binary.ts';
import { readSettings, readMirrors } from './kubernetes-settings.ts';
import { readManifest } from './manifest-objects.ts';

/** What a reader found: where everything lies, nothing of it read yet. */
export interface Layout
  extends Pick<Bundle, 'name' | 'version' | 'format' | 'root' | 'requirements' | 'checks' | 'ignored'> {
  readonly binary: Inside | null;
  readonly platformArchives: readonly Inside[];
  readonly config: Inside | null;
  readonly registries: Inside | null;
  readonly imageArchives: readonly Inside[];
  /** Those that come by the site's registry. */
  readonly registryArchives: readonly Inside[];
  readonly charts: readonly FoundChart[];
  readonly helm: Inside | null;
  readonly staticCharts: readonly { readonly found: Inside; readonly installAs: string }[];
  readonly manifests: readonly { readonly found: Inside; readonly installAs: string }[];
  /** All else that is carried. */
  readonly files: readonly Inside[];
}

/**
 * Reads and verifies everything that a layout names. Cheap things first, so that a mistake in a manifest is told before gigabytes are digested.
 *
 * @throws HarnessError (bundle) for the first thing that is wrong
 */
export async function assemble(layout: Layout): Promise<Bundle> {
  const { name, version, format, root, requirements, checks, ignored, binary, config, registries } = layout;
  refuseSameAddon(layout.manifests);
  const objects: ManifestObject[] = [];
  for (const { found } of layout.manifests) objects.push(...(await readManifest(found)));
  if (binary !== null) await verifyBinary(binary);
  if (layout.helm !== null) await verifyBinary(layout.helm);
  const charts = await readCharts(root, layout.charts);
  const served = await readStaticCharts(root, layout.staticCharts);
  const kubernetes = {
    binary: binary?.path ?? null,
    imageArchives: layout.platformArchives.map(({ path }) => path),
    config: config?.path ?? null,
    registries: registries?.path ?? null,
    mirrors: registries === null ? [] : await readMirrors(registries),
    ...(await readSettings(config)),
  };
  const { items, images } = await readItems(layout, [...charts.items, ...served.items]);
  return {
    name,
    version,
    format,
    root,
    digest: bundleDigest(items),
    items,
    images,
    kubernetes,
    imageArchives: layout.imageArchives.map(({ path }) => path),
    registryArchives: layout.registryArchives.map(({ path }) => path),
    manifests: layout.manifests.map(({ found, installAs }) => ({ path: found.path, installAs })),
    objects,
    charts: charts.charts,
    staticCharts: served.charts,
    inlineCharts: await readInlineCharts(objects),
    helm: layout.helm?.path ?? null,
    requirements,
    checks,
    ignored,
  };
}

async function readItems(
  layout: Layout,
  charts: readonly Item[],
): Promise<{ items: Item[]; images: ImageItem[] }> {
  const items: Item[] = [...charts];
  const images: ImageItem[] = [];
  if (layout.binary !== null) items.push(await fileItem('kubernetes', layout.binary));
  const archives = [
    ...layout.platformArchives.map((found) => ({ found, kind: 'platform-images' as const })),
    ...layout.imageArchives.map((found) => ({ found, kind: 'image-archive' as const })),
    ...layout.registryArchives.map((found) => ({ found, kind: 'image-archive' as const })),
  ];
  for (const { found, kind } of archives) {
    const archive = await readImageArchive(found);
    items.push({ kind, name: baseName(found.file), file: found.file, ...archive.file });
    for (const image of archive.images) {
      images.push({
        ...image,
        archive: found.file,
        platformImage: kind === 'platform-images',
        ...(layout.registryArchives.includes(found) ? { via: 'registry' as const } : {}),
      });
    }
  }
  for (const { reference, configDigest, manifestDigest, archive, size } of images) {
    items.push({
      kind: 'image',
      name: reference ?? configDigest,
      digest: manifestDigest ?? configDigest,
      file: archive,
      size,
    });
  }
  const singles = [
    ...layout.manifests.map(({ found }) => ({ found, kind: 'manifest' as const })),
    ...(layout.registries === null ? [] : [{ found: layout.registries, kind: 'registries' as const }]),
    ...(layout.helm === null ? [] : [{ found: layout.helm, kind: 'helm' as const }]),
    ...(layout.config === null ? [] : [{ found: layout.config, kind: 'config' as const }]),
    ...layout.files.map((found) => ({ found, kind: 'file' as const })),
  ];
  for (const { found, kind } of singles) items.push(await fileItem(kind, found));
  return { items, images };
}

/**
 * K3s keeps one Addon object for what stands before the first period of a manifest's file name, and prunes what the last file of that name
 * does not hold (k3s-io/k3s, pkg/deploy/controller.go, `basename`): `app.v1.yaml` and `app.v2.yaml` undo each other.
 */
function refuseSameAddon(manifests: Layout['manifests']): void {
  const seen = new Map<string, string>();
  for (const { found, installAs } of manifests) {
    const addon = baseName(installAs).split('.', 1)[0] ?? '';
    const before = seen.get(addon);
    if (before !== undefined) {
      throw bundleError(
        `manifests "${printable(before)}" and "${printable(found.file)}" are one to K3s, which goes by what stands before the first period of a file's name: it would delete what the other one made`,
        'rename one of them',
      );
    }
    seen.set(addon, found.file);
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
