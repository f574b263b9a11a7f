// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type RawMember, rawTar } from './raw-tar.ts';

export function sha256(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** A layer with one file in it. */
export function layer(text: string): Buffer {
  return rawTar([{ name: 'etc/motd', content: text }]);
}

/** An image configuration for layers in this order. */
export function config(layers: readonly Buffer[], more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    ...more,
  });
}

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly content: string | Buffer;
}

export const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export function blob(mediaType: string, content: string | Buffer): Blob {
  return { mediaType, digest: sha256(content), size: Buffer.byteLength(content), content };
}

/** A descriptor as documents hold it, with what is added to it. */
export function descriptor({ mediaType, digest, size }: Blob, more: object = {}): object {
  return { mediaType, digest, size, ...more };
}

/** How a layer is stored; its media type says so. */
export const STORED = {
  plain: (content: Buffer) => blob(TYPES.layer, content),
  gzip: (content: Buffer) => blob(`${TYPES.layer}+gzip`, gzipSync(content)),
  zstd: (content: Buffer) => blob(`${TYPES.layer}+zstd`, zstdCompressSync(content)),
} as const;

export function manifest(configBlob: Blob, layers: readonly Blob[]): Blob {
  return blob(
    TYPES.manifest,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config: descriptor(configBlob),
      layers: layers.map((one) => descriptor(one)),
    }),
  );
}

export function index(manifests: readonly object[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: TYPES.index, manifests });
}

/** The members of an OCI image layout. */
export function layout(manifests: readonly object[], blobs: readonly Blob[]): RawMember[] {
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: index(manifests) },
    ...blobs.map(({ digest, content }) => ({ name: `blobs/sha256/${hex(digest)}`, content })),
  ];
}
