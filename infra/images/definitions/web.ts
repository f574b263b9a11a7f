// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec, LayerSource } from '../image-spec.ts';

/** Debian packages of the web image, on top of the base. */
export const WEB_PACKAGES = ['nginx'] as const;

/**
 * nginx in the foreground, as an ordinary user; its configuration comes from outside.
 * @param nginx the files that nginx adds to the base
 */
export function webImage(
  reference: string,
  { base, nginx }: { readonly base: readonly LayerSource[]; readonly nginx: LayerSource },
): ImageSpec {
  return {
    references: [reference],
    layers: [...base, nginx],
    config: {
      entrypoint: ['/usr/sbin/nginx', '-g', 'daemon off;'],
      env: { PATH: '/usr/sbin:/usr/bin' },
      exposedPorts: ['8080/tcp'],
      user: '33:33',
      labels: {
        'org.opencontainers.image.title': 'web',
        'org.opencontainers.image.version': reference.slice(reference.lastIndexOf(':') + 1),
      },
    },
  };
}
