// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec, LayerSource } from '../image-spec.ts';
import { webImage } from './web.ts';

export interface CleanParts {
  readonly base: readonly LayerSource[];
  /** The files that nginx adds to the base. */
  readonly nginx: LayerSource;
  /** The podinfo executable. */
  readonly podinfo: string;
}

/** Images of examples/clean, named as its manifests name them. */
export function cleanImages(parts: CleanParts): ImageSpec[] {
  return [
    webImage('registry.shop.example/shop/web:1.0.0', parts),
    {
      references: ['registry.shop.example/shop/api:1.0.0'],
      layers: [{ entries: [{ path: 'podinfo', from: parts.podinfo }] }],
      config: {
        entrypoint: ['/podinfo'],
        exposedPorts: ['9898/tcp'],
        user: '10001:10001',
        labels: { 'org.opencontainers.image.title': 'api', 'org.opencontainers.image.version': '1.0.0' },
      },
    },
  ];
}
