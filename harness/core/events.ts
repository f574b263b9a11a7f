// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary } from './bundle.ts';
import type { RunNs } from './clock.ts';
import type { Gate } from './gate.ts';
import type { PlannedService } from './site.ts';

export type NodeId = string;
export type ClockId = string;
/** `node:tid:startNs`, because tids are reused. */
export type TaskKey = string;

export const OBSERVERS = ['routes', 'link', 'cni', 'sink', 'dns', 'witness', 'containers', 'pods'] as const;
/**
 * routes: fib tracepoints and the task stream. link, cni, witness: packet captures. sink: who answers connections in the
 * profiles that do (trap, proxy). dns: the fake DNS.
 * containers: the runtime's own records inside the node. pods: the Kubernetes API.
 */
export type ObserverId = (typeof OBSERVERS)[number];

/** An observer that a run goes without, and why. */
export interface MissingObserver {
  readonly observer: ObserverId;
  readonly reason: string;
}

export const PHASES = [
  'inspect',
  'provision',
  'prove',
  'install',
  'settle',
  'exercise',
  'restart',
  'reboot',
  'soak',
  'teardown',
] as const;
export type Phase = (typeof PHASES)[number];

/** A functional question's answer. `error`: the harness could not ask. */
export type Outcome = 'pass' | 'fail' | 'error' | 'skipped';

/** Where a workload can stand, and so where canaries are made. */
export const CANARY_PLACES = ['node', 'host-network-pod', 'pod'] as const;
export type CanaryPlace = (typeof CANARY_PLACES)[number];

export interface Endpoint {
  readonly address?: string;
  readonly port?: number;
}

/** Below it is a frame's length, as 802.3 has it: the talk of bridges with each other. */
export const FIRST_ETHERTYPE = 0x0600;

/**
 * `dns` is a question for a name, by whatever transport; the others are IP protocols. `other` carries its number in
 * `protocolNumber`; from `FIRST_ETHERTYPE` on that is an Ethernet type, and the address a hardware address.
 */
export type Protocol = 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'dns' | 'other';

export interface Destination {
  readonly protocol: Protocol;
  readonly protocolNumber?: number;
  /** IP or hardware address. For `dns`: the server that was asked. */
  readonly address?: string;
  readonly port?: number;
  /** For `dns`: the name asked for, lower case, without the final dot. For `sink`: the host that a proxy was asked for. */
  readonly name?: string;
  /** TLS server name and the HTTP host and path that were asked for, as far as the sink could read them. */
  readonly sni?: string;
  readonly host?: string;
  readonly path?: string;
  /** For `dns`: question type (A, AAAA, HINFO ...), transport, and message id. */
  readonly question?: {
    readonly type: string;
    readonly transport: 'udp' | 'tcp';
    readonly id: number;
  };
}

/** Where the evidence lies: a file of the run folder, and the place in it; or a short text of its own. */
export interface EvidenceRef {
  /** Path relative to the run folder, e.g. `capture/link.pcap`. */
  readonly file?: string;
  /** Record number (captures: packet number from 1, as a packet viewer counts) or line number. */
  readonly record?: number;
  /** The raw line, at most 400 characters. */
  readonly text?: string;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
/** The controller a person would edit: `Deployment/web`, not its ReplicaSet; `CronJob/nightly`, not its Job. */
export interface OwnerRef {
  readonly kind: string;
  readonly name: string;
}

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly kind: 'init' | 'container' | 'ephemeral';
  readonly pullPolicy?: string;
}

/** The root file system that nodes were made of. */
export interface NodeImage {
  /** Who made it: setup, or the user as a folder with a root file system, an OCI layout folder, an image archive, an image of a container engine, a disk. */
  readonly from: 'setup' | 'directory' | 'oci-layout' | 'archive' | 'engine' | 'cloud-image';
  /** Path that the user gave, or `docker-daemon:IMAGE`; null for setup's. */
  readonly path: string | null;
  /** `sha256:<hex>` of an image's configuration, of a folder's content or of a disk's file; for setup's the key of what it was made from. */
  readonly digest: string;
  /** PRETTY_NAME of its os-release; null when it has none. */
  readonly os: string | null;
}

/** Whether a Kubernetes has kept what the harness relies on (suites/integration/k3s-contract). */
export interface ContractState {
  readonly contract: 'passed' | 'unverified';
  /** When and how much it passed, or why it is not verified. */
  readonly contractNote: string;
}

export interface Environment {
  readonly provider: string;
  /** Why that provider; logs of older runs do not say. */
  readonly providerReason?: string;
  readonly profile: string;
  readonly distribution: {
    readonly name: string;
    readonly version: string;
    readonly standIn: boolean;
    readonly from: string;
    /** Logs of older runs do not say. */
    readonly contract?: ContractState['contract'];
    readonly contractNote?: string;
  };
  readonly host: {
    readonly kernel: string;
    readonly os: string;
    readonly cpus: number;
    readonly memoryMiB: number;
  };
  /** A text in logs from before nodes could be made of an image of the user's own: the key of setup's. */
  readonly nodeImage: NodeImage | string;
  readonly tool: { readonly name: string; readonly version: string };
}

/** Address ranges that are inside the site (CIDR), and the resolver the node was given. */
export interface InsideRanges {
  readonly node: readonly string[];
  readonly pods: readonly string[];
  readonly services: readonly string[];
  readonly resolvers: readonly string[];
  readonly clusterDomain: string;
  /** Addresses of the site's services: they belong to the site, and who uses them is recorded. @default none */
  readonly site?: readonly string[];
  /** The site's proxy (profile `proxy`): no destination of its own. @default none */
  readonly proxy?: { readonly address: string; readonly port: number };
}

export interface PlannedCheck {
  readonly id: string;
  readonly title: string;
  readonly required: boolean;
}

export type EventBody =
  /** First line of every log: all that the report needs and that no later event says. */
  | {
      readonly type: 'run';
      readonly id: string;
      readonly startedAt: string; // ISO 8601
      readonly bundle: BundleSummary;
      readonly gate: Gate;
      readonly environment: Environment;
      readonly inside: InsideRanges;
      /** What the simulated site offers. @default nothing */
      readonly services?: readonly PlannedService[];
      readonly phases: readonly Phase[];
      readonly checks: readonly PlannedCheck[];
      /** Observers that must be up from prove to teardown for the run to prove anything. */
      readonly observers: readonly ObserverId[];
      /** Observers of the plan that this machine cannot have: what only they see stays unseen. @default none */
      readonly missing?: readonly MissingObserver[];
      /** Namespaces in which only the harness's own pods live (canaries, probes of checks). */
      readonly harnessNamespaces: readonly string[];
      /** Deliberate faults (--inject-fault): such a run is never ready. */
      readonly faults: readonly string[];
      /** True when --grep or a failed phase left checks out: such a run is never ready. */
      readonly filtered: boolean;
    }
  /** What the Kubernetes executable said of itself, asked inside the node; replaces `run.environment.distribution`. */
  | { readonly type: 'distribution'; readonly distribution: Environment['distribution'] }
  /** A file that the harness laid beside the bundle's own configuration in a node. */
  | { readonly type: 'added-file'; readonly path: string; readonly content: string }
  | { readonly type: 'phase'; readonly phase: Phase; readonly edge: 'begin' | 'end'; readonly note?: string }
  | { readonly type: 'clock'; readonly source: ClockId; readonly offsetNs: string; readonly errorNs: number }
  /** Folded per second by the observer: a storm stays small. `at` is the first, `last` the last of `count`. */
  | {
      readonly type: 'sighting';
      readonly observer: ObserverId;
      readonly last: RunNs;
      readonly count: number;
      readonly task?: TaskKey;
      readonly from: Endpoint;
      readonly to: Destination;
      /** For `dns`: the address that the fake DNS gave for the name. @default none: it said that there is no such name */
      readonly answer?: string;
      /** What the kernel answered where the observer knows (`err` of the routing lookup: 0, -11, -113 ...). */
      readonly err?: number;
      readonly raw: EvidenceRef;
    }
  /** State of a task when it was last written; a later event of the same key replaces it from then on (exec). */
  | {
      readonly type: 'task';
      readonly key: TaskKey;
      readonly parent?: TaskKey;
      readonly exe: string;
      readonly argv?: readonly string[];
      /** 64 hex digits, from the cgroup path. */
      readonly container?: string;
      /** Pod uid, from the cgroup path. */
      readonly podUid?: string;
    }
  /** A container as the runtime knows it. `sandbox`: the pause container. */
  | {
      readonly type: 'container';
      readonly id: string;
      readonly name: string;
      readonly pod: PodRef;
      readonly image: string;
      readonly sandbox: boolean;
    }
  /** A pod as the API server knows it; a later event of the same uid replaces it. */
  | {
      readonly type: 'pod';
      readonly pod: PodRef;
      /** Of a static pod: the uid by which the kubelet and its cgroups know it; `pod` is its mirror in the API. */
      readonly staticUid?: string;
      readonly owner: OwnerRef;
      readonly ips: readonly string[];
      readonly hostNetwork: boolean;
      readonly containers: readonly PodContainer[];
      readonly labels: Readonly<Record<string, string>>;
    }
  /** The kubelet wanted an image from a registry for a container (Kubernetes events Pulling, Failed, Pulled). */
  | {
      readonly type: 'pull';
      readonly pod: PodRef;
      readonly container: string;
      readonly image: string;
      readonly outcome: 'pulling' | 'pulled' | 'failed';
      readonly message: string;
    }
  /** Whether an image in the node's store, by one of its names, can be had again. `untried`: nobody asked for it again. */
  | {
      readonly type: 'image-again';
      readonly image: string;
      readonly how: 'pinned' | 'pulled' | 'lost' | 'untried';
    }
  | {
      readonly type: 'health';
      readonly observer: ObserverId;
      readonly received: number;
      readonly lost: number | 'unknown';
    }
  /** A part of the harness broke, or an observer died: the run is inconclusive and `message` says why. */
  | { readonly type: 'fault'; readonly source: string; readonly message: string }
  /** What this run cannot see or did not prove; goes to the report's limits[]. */
  | { readonly type: 'limit'; readonly id: string; readonly message: string }
  /** Recorded BEFORE it is made. Each of `expect` must have a sighting of `to`; `answer` events tell what it met. */
  | {
      readonly type: 'canary';
      readonly id: string;
      readonly place: CanaryPlace;
      readonly kind: string;
      /** `restart-1` is after the node's first restart in this run. */
      readonly stage: 'boot' | 'start' | 'end' | `restart-${number}`;
      /** Protocol `other` with number 255 and a port: a UDP datagram in a packet whose IP header the program wrote. */
      readonly to: Destination;
      readonly expect: readonly ObserverId[];
      /** Its kind may be missing where it is made, by the kernel or for want of rights. @default it must be made */
      readonly optional?: true;
      /** What the profile promises that it meets, any of them. @default nothing is promised */
      readonly promised?: readonly string[];
    }
  /** What makes the gap a gap, as it was found: at `boot` before anything of the bundle runs, and at the `end`. */
  | {
      readonly type: 'isolation';
      readonly stage: 'boot' | 'end';
      readonly facts: readonly {
        readonly id: string;
        readonly what: string;
        readonly result: 'pass' | 'fail';
        readonly found: string;
      }[];
    }
  | {
      readonly type: 'canary-answer';
      readonly id: string;
      readonly answer: string;
      /** It was not made: `answer` is how the kernel refused its socket. Not in logs of older versions. */
      readonly unavailable?: true;
    }
  | {
      readonly type: 'check';
      readonly id: string;
      readonly title: string;
      readonly required: boolean;
      readonly result: Outcome;
      /** With `skipped`: there was nothing to ask. Not in logs of older versions. */
      readonly moot?: true;
      readonly message: string;
      readonly startedAt: RunNs;
      readonly evidence: readonly EvidenceRef[];
    }
  | {
      readonly type: 'finding';
      readonly id: string;
      readonly rule: string;
      readonly severity: 'blocker' | 'warning' | 'info';
      readonly message: string;
      readonly location: string;
      readonly remedy: string;
    }
  /**
   * What a second run, in `trap`, heard on a connection that this run only knows the address or the name of. Appended when
   * this run has ended.
   */
  | {
      readonly type: 'explanation';
      /** Id of the attempt. */
      readonly attempt: string;
      /** Of the second run, below this one's. */
      readonly folder: string;
      readonly name: string | null;
      readonly sni: string | null;
      readonly path: string | null;
    }
  | {
      readonly type: 'end';
      readonly outcome: 'complete' | 'interrupted' | 'aborted';
      readonly message?: string;
    };

/** One line of events.jsonl. `at`: when it happened, not when it arrived. */
export type Event = {
  readonly v: 1;
  readonly seq: number;
  readonly at: RunNs;
  readonly node?: NodeId;
} & EventBody;
export type EventType = EventBody['type'];
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;

/** The only thing an observer, a check or a phase may do with a fact. */
export interface EventSink {
  /** `at` @default now */
  append(body: EventBody, stamp?: { readonly at?: RunNs; readonly node?: NodeId }): void;
}
