// SPDX-License-Identifier: Apache-2.0

/** A chart that another one needs (Chart.yaml `dependencies`, requirements.yaml of apiVersion v1), of whatever depth. */
export interface ChartDependency {
  readonly name: string;
  readonly version: string;
  /** As written: `https://...`, `oci://...`, `@alias`, `file://...`, or empty. */
  readonly repository: string;
  /** Path of charts from the outermost to the one that declares it, e.g. `shop > web`. */
  readonly of: string;
  /** It lies in that chart's charts/. */
  readonly vendored: boolean;
}

/** What is known of a chart without rendering it. */
export interface ChartFacts {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string | null;
  readonly dependencies: readonly ChartDependency[];
  /** URLs that its values schemas name by `$ref`, subcharts' included: helm fetches them whenever it checks values. */
  readonly remoteSchemas: readonly string[];
  /**
   * Kinds of object that its templates and those of its subcharts name, whatever values make of them, sorted; `LoadBalancer` among them when the
   * word stands in templates or values, PersistentVolumeClaim when there is a template for one.
   */
  readonly kinds: readonly string[];
  /** Some template, of a subchart perhaps, is a `helm.sh/hook: test`. */
  readonly hasTests: boolean;
}

/** A packed chart that K3s serves to HelmChart objects (server/static/charts). */
export interface StaticChart extends ChartFacts {
  /** Relative to the bundle's folder, forward slashes. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Path below server/static/charts. */
  readonly installAs: string;
}

/** A packed chart that a HelmChart object carries in its `spec.chartContent`. */
export interface InlineChart extends ChartFacts {
  /** `manifest:line` of the object. */
  readonly file: string;
  /** The object. */
  readonly of: { readonly name: string; readonly namespace: string };
}

/** A chart of the bundle and how it is installed. Charts are installed in the order of the bundle's list. */
export interface Chart extends ChartFacts {
  readonly release: string;
  readonly namespace: string;
  /** Relative to the bundle's folder, forward slashes. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** A packed chart, a chart's folder, or an OCI image layout (tar or folder) that holds one as an artifact. */
  readonly form: 'archive' | 'folder' | 'oci-layout';
  /** Values files, later ones win. */
  readonly values: readonly { readonly path: string; readonly file: string }[];
  /** Wait until its workloads are ready, as `helm --wait` does. */
  readonly wait: boolean;
  /** Of each of helm's steps (`helm --timeout`). */
  readonly timeoutSeconds: number;
}

/** `name-version`, as helm calls it. */
export function chartLabel({ name, version }: Pick<Chart, 'name' | 'version'>): string {
  return `${name}-${version}`;
}

/** Helm's own default for `--timeout`. */
export const CHART_TIMEOUT_SECONDS = 300;

/** Where helm and the bundle's charts are in a node. The folder is the harness's choice. */
export const HELM = { binary: '/usr/local/bin/helm', folder: '/var/lib/airgap-bundle' } as const;

/** Where a file of the bundle lies in a node once it was put there for helm. */
export function placeInNode(file: string): string {
  return `${HELM.folder}/${file}`;
}
