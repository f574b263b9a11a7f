// SPDX-License-Identifier: Apache-2.0
import type { Draw } from './draw.ts';

/** Where something goes, as a report shows it. What is null must be null there. */
export interface Reach {
  readonly protocol: string;
  readonly address: string | null;
  readonly name: string | null;
  readonly port: number | null;
  readonly class: string;
  /** A name that a sink hears on the connection, which the report then has beside the address (profile `trap`). */
  readonly said?: { readonly name: string; readonly class: string };
}

/** What one workload does, drawn for one run. */
export interface Deed {
  /** Arguments of leak-maker, options first. */
  readonly argv: readonly string[];
  /** All that must be reported of it. */
  readonly reaches: readonly Reach[];
  /** What it does next where it is answered: reported in some profiles, and no false alarm then. */
  readonly follows?: readonly Reach[];
  readonly env?: Readonly<Record<string, string>>;
  /** Texts on its command line that no report may show. */
  readonly secrets?: readonly string[];
  /** Extra fields of its pod. */
  readonly pod?: Readonly<Record<string, unknown>>;
}

/** What a container may do beyond the usual. */
export interface Rights {
  readonly capabilities?: readonly string[];
  readonly privileged?: boolean;
}

/** One workload of the corpus. */
export interface LeakCase {
  /** Unique, in words: `tcp-fastopen from a pod`. */
  readonly id: string;
  readonly place: string;
  /** Part of the short corpus that every `npm run check` runs. */
  readonly sentinel?: boolean;
  /** Asked of this kernel before the run; what it lacks is a loud skip. */
  readonly probe?: boolean;
  readonly program?: 'maker' | 'maker32';
  readonly rights?: Rights;
  /** `unknown`: the kernel gives no task. A text: pattern of the executable's path, where that is not the program's own. */
  readonly process?: 'unknown' | { readonly pattern: string };
  /** It shares its pod with no other case: only the pod is known of it, or its pod is special. */
  readonly alone?: boolean;
  readonly deed: (draw: Draw) => Deed;
}

/** Who did it, as the report must say. `pod` and `exe` are regular expressions; null must be null. */
export interface ExpectedSource {
  readonly namespace: string | null;
  /** `Kind/name` */
  readonly owner: string | null;
  /** Of `namespace/name` of each of its pods. */
  readonly pod: string | null;
  readonly container: string | null;
  readonly image: string | null;
  readonly exe: string | null;
  /** `namespace/Kind/name` that must be among those whom it can be of, where nobody is known. */
  readonly candidate?: string;
}

/** One attempt that the report must hold; with `optional`, one that it may hold. */
export interface Expected {
  readonly caseId: string;
  readonly reach: Reach;
  readonly source: ExpectedSource;
  readonly optional: boolean;
}

/** A chart of the bundle, as texts by their paths. */
export interface PlantedChart {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** What is planted in the node itself, before its Kubernetes starts. */
export interface PlantedNode {
  /** Paths of copies of leak-maker. */
  readonly makers: readonly string[];
  /** Files by their paths. */
  readonly texts: Readonly<Record<string, string>>;
  /** As K3s's `kubelet-arg`. */
  readonly kubeletArguments: readonly string[];
}

/** All that was planted in one bundle, and in the node that it comes to. */
export interface Planted {
  readonly objects: readonly object[];
  /** Of bundle.yaml. */
  readonly checks: readonly object[];
  readonly charts: readonly PlantedChart[];
  readonly nodes: readonly PlantedNode[];
  readonly expected: readonly Expected[];
  readonly secrets: readonly string[];
}
