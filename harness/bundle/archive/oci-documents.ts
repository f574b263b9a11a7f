// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What an entry of an index or a manifest points to (OCI image-spec 1.1, descriptor.md). */
export const descriptorSchema = z.looseObject({
  mediaType: z.string().optional(),
  digest: z.string(),
  size: z.int().nonnegative(),
  urls: z.array(z.string()).nullish(),
  platform: z
    .looseObject({
      os: z.string().optional(),
      architecture: z.string().optional(),
      variant: z.string().optional(),
    })
    .nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

export const layoutSchema = z.looseObject({ imageLayoutVersion: z.literal('1.0.0') });

export const indexSchema = z.looseObject({ manifests: z.array(descriptorSchema) });

export const manifestSchema = z.looseObject({ config: descriptorSchema, layers: z.array(descriptorSchema) });

/** An index or a manifest, by what it holds: `mediaType` inside the document is optional. */
export const eitherSchema = z.union(
  [
    indexSchema.transform(({ manifests }) => ({ type: 'index' as const, manifests })),
    manifestSchema.transform(({ config, layers }) => ({ type: 'manifest' as const, config, layers })),
  ],
  { error: 'it is neither an image index nor an image manifest' },
);

/** Configurations of what a container runtime can run; charts, files and signatures have others. */
export const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** Layers that lie elsewhere by definition (OCI image-spec 1.1, layer.md "Non-Distributable Layers"; Docker's foreign layers). */
export function isRemoteLayer({ mediaType = '' }: Descriptor): boolean {
  return /nondistributable|rootfs\.foreign/.test(mediaType);
}

/** Layers whose plain content is a tar: `...layer.v1.tar`, with `+gzip` or `+zstd`, and Docker's. */
export function isTarLayer({ mediaType = '' }: Descriptor): boolean {
  return /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar(?:\+(?:gzip|zstd))?|docker\.image\.rootfs\.diff\.tar(?:\.gzip|\.zstd)?)$/.test(
    mediaType,
  );
}

/** Provenance and SBOM documents that buildx stores as manifests for the platform `unknown/unknown`. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}
