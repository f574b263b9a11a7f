// SPDX-License-Identifier: Apache-2.0

/** The site's own certificate authority. */
export interface GateAuthority {
  /** Absolute paths of a certificate and its key; null: one is made for each run. */
  readonly files: { readonly certificate: string; readonly key: string } | null;
  /** False: nodes do not trust it. */
  readonly nodes: boolean;
  /** ConfigMaps that hold its certificate for pods, as `namespace/name`. @default none */
  readonly configMaps?: readonly string[];
}

/** A private registry. */
export interface GateRegistry {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Null: anybody may pull. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Upstream registry (`docker.io`, or `*` for all others) => path before each repository. */
  readonly projects: Readonly<Record<string, string>>;
  /** Which of the bundle's images come by it: those the bundle says, or all but the platform's own. */
  readonly images: 'declared' | 'all';
  /** Charts that it holds as OCI artifacts. @default none */
  readonly charts?: RegistryCharts;
}

/** Charts in a registry: the bundle's packed ones, and the owner's. */
export interface RegistryCharts {
  /** Path before each chart's name. */
  readonly project: string;
  /** Absolute path of a folder with packed charts of the owner's; null: only the bundle's. */
  readonly folder: string | null;
}

/** A folder of the owner's that is served over HTTP. */
export interface GateFolder {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Absolute. */
  readonly folder: string;
}

/** What stands at a declared destination in the test. */
export type Stub =
  | { readonly kind: 'tcp' }
  | { readonly kind: 'http'; readonly tls: boolean; readonly answers: readonly HttpAnswer[] }
  | { readonly kind: 'program'; readonly run: readonly string[]; readonly folder: string };

/** What an HTTP stub answers to a path. */
export interface HttpAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the simulated site offers: all of it off unless declared. */
export interface GateServices {
  readonly authority: GateAuthority;
  readonly registry: GateRegistry | null;
  readonly ntp: { readonly host: string; readonly skewSeconds: number } | null;
  readonly charts: GateFolder | null;
  readonly packages: GateFolder | null;
  readonly files: GateFolder | null;
  /** Further names of the internal zone => `node`, the name of a service, or an IPv4 address. */
  readonly zone: Readonly<Record<string, string>>;
}
