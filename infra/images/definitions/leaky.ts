// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec, LayerSource } from '../image-spec.ts';

/** Debian packages of the tools image: curl, ping and logger, on top of the base. */
export const TOOLS_PACKAGES = ['bsdutils', 'curl', 'iputils-ping'] as const;

/** Debian packages of the time image, on top of the base. */
export const TIME_PACKAGES = ['chrony'] as const;

export interface LeakyParts {
  readonly base: readonly LayerSource[];
  /** The files that the tools add to the base. */
  readonly tools: LayerSource;
  /** The files that chrony adds to the base. */
  readonly chrony: LayerSource;
  /** The update-check executable. */
  readonly updateCheck: string;
}

/** Images of examples/leaky, named as its manifests name them. */
export function leakyImages(parts: LeakyParts): ImageSpec[] {
  const env = { PATH: '/usr/sbin:/usr/bin' };
  const tools = [...parts.base, parts.tools];
  return [
    {
      references: ['registry.acme.example/leaky/tools:1.0'],
      layers: tools,
      config: { entrypoint: ['/bin/sh'], env },
    },
    // in the bundle, and asked for with imagePullPolicy: Always
    {
      references: ['quay.acme.example/leaky/banner:1.0'],
      layers: tools,
      config: { entrypoint: ['/bin/sh', '-c', 'exec sleep infinity'], env, labels: { role: 'banner' } },
    },
    {
      references: ['registry.acme.example/leaky/chrony:4.3'],
      layers: [...parts.base, parts.chrony],
      config: { entrypoint: ['/usr/sbin/chronyd'], env },
    },
    {
      references: ['registry.acme.example/leaky/update-check:1.0'],
      layers: [{ entries: [{ path: 'update-check', from: parts.updateCheck }] }],
      config: { entrypoint: ['/update-check'] },
    },
  ];
}
