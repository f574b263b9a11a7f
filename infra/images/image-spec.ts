// SPDX-License-Identifier: Apache-2.0

/** One entry of a layer. Paths are relative to the image's root; owner is always 0:0, time always the epoch. */
export type LayerEntry =
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  /** A file of this machine, streamed: it may be big. */
  | { readonly path: string; readonly from: string; readonly mode?: number }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly directory: true; readonly mode?: number };

/**
 * What a layer holds: a directory tree of this machine, packed by tar, or single entries.
 * The same object used in several images is built once; equal content is stored once in any case.
 */
export type LayerSource =
  | { readonly directory: string; readonly exclude?: readonly string[] }
  | { readonly entries: readonly LayerEntry[] };

/** What a container made from the image runs and as whom; names of the OCI image configuration in lower case. */
export interface ContainerDefaults {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
  /** For example `8080/tcp`. */
  readonly exposedPorts?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ImageSpec {
  /** Names with tag, for example `airgap.local/canary:1`; none makes an image without a name. */
  readonly references: readonly string[];
  /** Bottom first. */
  readonly layers: readonly LayerSource[];
  readonly config?: ContainerDefaults;
  /** @default amd64 */
  readonly architecture?: string;
}

export type ArchiveFormat = 'docker-archive' | 'oci';
export type Compression = 'none' | 'gzip' | 'zstd';

/** What was written, for those who compare it with what a container runtime reports. */
export interface WrittenImage {
  readonly references: readonly string[];
  /** sha256:<hex> of the image configuration: the image id. */
  readonly configDigest: string;
  /** sha256:<hex>; null for a docker-archive, which carries no manifest of its own. */
  readonly manifestDigest: string | null;
  /** sha256:<hex> of each uncompressed layer, bottom first. */
  readonly diffIds: readonly string[];
}
