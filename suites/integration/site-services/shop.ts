// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Assets } from '../../../harness/core/assets.ts';
import { type ArchiveOptions, writeImageArchive } from '../../../infra/images/build-image.ts';

export const WEB = 'quay.io/shop/web:1.0';
export const API = 'registry.site.example/shop/api:2.0';
export const STORE = 'docker.io/shop/store:3.0';

export interface ShopOptions {
  /** The web's container begins with this command of the helper program. @default none */
  readonly first?: readonly string[];
  readonly format?: ArchiveOptions;
  /** The bundle's own registries.yaml. @default none */
  readonly registries?: string;
  /** Further objects of the manifest. @default none */
  readonly objects?: readonly object[];
  /** The bundle's own checks. @default none */
  readonly checks?: readonly object[];
}

/** A bundle of three Deployments: two images by the registry, one preloaded. */
export async function writeShop(dir: string, assets: Assets, options: ShopOptions = {}): Promise<void> {
  const { first, format = { format: 'oci' }, registries, objects = [], checks = [] } = options;
  const deployment = (name: string, image: string, init: readonly string[] | undefined): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          ...(init === undefined
            ? {}
            : { initContainers: [{ name: 'first', image, command: ['/airgap-node', ...init] }] }),
          containers: [{ name: 'main', image, command: ['/airgap-node', 'pause'] }],
        },
      },
    },
  });
  const documents = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    deployment('web', WEB, first),
    deployment('api', API, undefined),
    deployment('store', STORE, undefined),
    ...objects,
  ];
  await mkdir(join(dir, 'manifests'), { recursive: true });
  await writeFile(
    join(dir, 'manifests/shop.yaml'),
    documents.map((document) => stringify(document)).join('---\n'),
  );
  const image = (reference: string) => ({
    references: [reference],
    layers: [
      { entries: [{ path: 'airgap-node', from: assets.agent, mode: 0o755 }] },
      { entries: [{ path: 'name', content: reference }] },
    ],
  });
  await writeImageArchive(join(dir, 'registry.tar'), [image(WEB), image(API)], format);
  await writeImageArchive(join(dir, 'preload.tar'), [image(STORE)], { format: 'docker-archive' });
  if (registries !== undefined) await writeFile(join(dir, 'registries.yaml'), registries);
  await writeFile(
    join(dir, 'bundle.yaml'),
    stringify({
      apiVersion: 'airgap.dev/v1',
      kind: 'Bundle',
      name: 'shop',
      version: '1.0.0',
      images: [{ path: 'registry.tar', via: 'registry' }, 'preload.tar'],
      manifests: ['manifests'],
      checks,
      ...(registries === undefined ? {} : { registries: 'registries.yaml' }),
    }),
  );
}
