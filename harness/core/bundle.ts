// SPDX-License-Identifier: Apache-2.0
import type { Chart, InlineChart, StaticChart } from './chart.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import type { HelmChartSummary } from './helm-chart.ts';

/** `kubernetes` is the K3s binary, `platform-images` K3s's own archives. */
export type ItemKind =
  | 'kubernetes'
  | 'platform-images'
  | 'image-archive'
  | 'image'
  | 'manifest'
  | 'chart'
  | 'values'
  | 'helm'
  | 'registries'
  | 'config'
  | 'file';

/** One thing in a bundle. */
export interface Item {
  readonly kind: ItemKind;
  readonly name: string;
  /** sha256:<64 hex>. */
  readonly digest: string;
  /** Path relative to the bundle's folder, forward slashes. */
  readonly file: string;
  readonly size: number;
}

/** An image inside an archive of the bundle. */
export interface ImageItem {
  /** Normalised reference, e.g. `docker.io/library/nginx:1.27`; null when the archive names none. */
  readonly reference: string | null;
  /** The name as an OCI layout writes it, when that is not the full spelling: containerd stores it unchanged. */
  readonly storedAs?: string;
  /** sha256 of the image's config: what a container runtime shows as image id. */
  readonly configDigest: string;
  /**
   * Digest that the name stands for in an OCI layout: of the manifest, or of the index when it is for several platforms. Null for a
   * docker-archive, which has none.
   */
  readonly manifestDigest: string | null;
  readonly format: 'docker-archive' | 'oci-layout';
  readonly platform: string | null;
  /** Archive that holds it, relative to the bundle's folder. */
  readonly archive: string;
  /** True when it came in K3s's own archive: part of the platform. */
  readonly platformImage: boolean;
  /** How it comes to the nodes. @default preload: in K3s's images directory */
  readonly via?: 'registry';
  readonly layers: number;
  readonly size: number;
}

/** A Kubernetes object in a manifest, by what a reader needs to name it; `body` is the parsed document. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly file: string;
  /** 0 where it stands in no file: rendered from a chart. */
  readonly line: number;
  readonly body: unknown;
}

/** Checks as data. */
export type CheckSpec =
  | {
      readonly id: string;
      readonly title?: string;
      readonly http: {
        readonly url: string;
        readonly status: number;
        readonly contains?: string;
        readonly from: 'pod' | 'node';
      };
    }
  | {
      readonly id: string;
      readonly title?: string;
      readonly command: {
        readonly pod?: { readonly namespace: string; readonly selector: string; readonly container?: string };
        readonly run: readonly string[];
        readonly exitCode: number;
        readonly contains?: string;
      };
    }
  | {
      readonly id: string;
      readonly title?: string;
      readonly condition: {
        readonly apiVersion: string;
        readonly kind: string;
        readonly namespace?: string;
        readonly name: string;
        readonly condition: string;
        readonly status: string;
      };
    };

/** All that is carried across the gap. Untrusted data: every path in it was proven to lie inside `root`. */
export interface Bundle {
  readonly name: string;
  readonly version: string;
  /** Which reader made it. */
  readonly format: 'bundle.yaml' | 'k3s-airgap-directory';
  /** Absolute path of the bundle's folder, symlinks resolved. */
  readonly root: string;
  /** sha256 over the sorted item digests and paths. */
  readonly digest: string;
  readonly items: readonly Item[];
  readonly images: readonly ImageItem[];
  readonly kubernetes: {
    readonly binary: string | null;
    readonly imageArchives: readonly string[];
    readonly config: string | null;
    readonly registries: string | null;
    /** Registries that registries.yaml lists under `mirrors`. */
    readonly mirrors: readonly string[];
    /** True when config.yaml sets `disable-default-registry-endpoint`. */
    readonly defaultEndpointDisabled: boolean;
    readonly network: ClusterNetwork;
  };
  /** Archives that are laid into K3s's images directory. Absolute paths. */
  readonly imageArchives: readonly string[];
  /** Archives whose images come by the site's registry. Absolute paths. */
  readonly registryArchives: readonly string[];
  /** Absolute paths with the name under server/manifests they are installed as. */
  readonly manifests: readonly { readonly path: string; readonly installAs: string }[];
  readonly objects: readonly ManifestObject[];
  /** In the order of their installation, which comes after the manifests. */
  readonly charts: readonly Chart[];
  /** Charts that K3s serves to HelmChart objects. */
  readonly staticCharts: readonly StaticChart[];
  /** Charts that HelmChart objects carry themselves. */
  readonly inlineCharts: readonly InlineChart[];
  /** Absolute path of the bundle's own helm; null: the one that setup keeps. */
  readonly helm: string | null;
  readonly requirements: {
    readonly nodes: number;
    readonly memoryMiB: number | null;
    /** It changes the kernel of its node (loads modules): a node that shares this machine's will not do. */
    readonly ownKernel: boolean;
  };
  readonly checks: readonly CheckSpec[];
  /** What lies in the bundle's folder but takes no part, and why. */
  readonly ignored: readonly { readonly file: string; readonly reason: string }[];
}

/** What the log and the report keep of a bundle. */
export interface BundleSummary {
  /** Not in logs of older versions. */
  readonly charts?: readonly Chart[];
  /** Not in logs of older versions. */
  readonly helmCharts?: readonly HelmChartSummary[];
  readonly name: string;
  readonly version: string;
  readonly format: Bundle['format'];
  readonly path: string;
  readonly digest: string;
  readonly items: readonly Item[];
  readonly images: readonly ImageItem[];
}
