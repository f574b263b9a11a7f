// SPDX-License-Identifier: Apache-2.0
import type { ExecOptions, ExecResult, RunningCommand, SpawnOptions } from './command.ts';
import type { KernelClock } from './clock.ts';
import type { NodeId } from './events.ts';

export type Sense = 'routes' | 'tasks' | 'frames' | 'dns';

/** The place from which a kernel is watched, and what can be seen from there. */
export interface Vantage {
  /** What is missing here goes to the report's `limits[]`. */
  readonly sees: ReadonlySet<Sense>;
  readonly clock: KernelClock;
  /** True when tasks have the same numbers there as for this process, so that /proc tells of them. */
  readonly isLocal: boolean;
  /** Starts a program beside that kernel, untraced. */
  spawn(argv: readonly string[], options?: SpawnOptions): RunningCommand;
}

/** The node's link to the sink, as addresses with prefix length. */
export interface LinkPlan {
  readonly node4: string;
  readonly node6: string;
  readonly sink4: string;
  readonly sink6: string;
  /** Interface names: inside the node, inside the sink, from the sink to the witness, inside the witness. */
  readonly nodeInterface: string;
  readonly sinkInterface: string;
  readonly sinkUplink: string;
  /**
   * Bridge inside the sink that carries the sink's addresses; the node's end of the sink is a port of it, as are the services
   * of the site. @default none: the sink's end of the link has the addresses itself
   */
  readonly sinkBridge?: string;
  readonly witnessInterface: string;
  /** Routes inside the node besides the link's own, as `ip route add` words without the device. Never a default route in `no-route`. */
  readonly nodeRoutes: readonly string[];
  /** Routes inside the sink over this link, in the same form: the way back to the node's pods. @default none */
  readonly sinkRoutes?: readonly string[];
}

export interface NodeSpec {
  readonly name: NodeId;
  /** Root file system directory of the node image, which becomes the read-only lower layer; of a machine also a prepared cloud image's. */
  readonly image: string;
  readonly link: LinkPlan;
  /** Address that the node's /etc/resolv.conf names (the fake DNS). */
  readonly resolver: string;
  readonly memoryMiB: number;
  readonly pids: number;
  /** How far the node's clock is ahead of this machine's, on purpose; for nodes with a clock of their own. @default 0 */
  readonly clockAheadMs?: number;
  /** Size of the node's disk in MiB, at least that of its image; for nodes with a disk of their own. @default the image's */
  readonly diskMiB?: number;
  /** Read-only files to place at a path inside the node before anything runs there: the K3s binary and the like. */
  readonly binds: readonly { readonly from: string; readonly to: string }[];
  /**
   * What is started on this node first. A provider that can save a node as it stands may do so once for each service, and
   * then give nodes on which it runs already (`serviceRuns`); all others take no notice.
   */
  readonly service?: NodeService;
}

/** Something that runs on a node from its start on, as Kubernetes does. */
export interface NodeService {
  /** Changes with anything that the service is started with besides the rest of the spec. */
  readonly key: string;
  /** Starts it and waits until it is of use. */
  start(node: RunningNode): Promise<void>;
}

/** Where a node's own kernel is watched. */
export interface NodeVantage extends Vantage {
  /** The node's network namespace as a path for SpawnOptions.netns; null where it is the vantage's own. */
  readonly netns: string | null;
}

/** A node whose kernel and link exist and whose launcher waits: nothing of it has run yet. Observers attach here. */
export interface PreparedNode extends AsyncDisposable {
  readonly name: NodeId;
  readonly vantage: NodeVantage;
  /**
   * Thread id (as the vantage's kernel counts) of the single-threaded launcher from which everything in the node descends;
   * null where everything that this kernel runs belongs to the node.
   */
  readonly launcherTid: number | null;
  /** True when the spec's service runs already; it stands still until `boot`, and goes on from there. @default false */
  readonly serviceRuns?: boolean;
  /** What this node cannot show or keep apart, for the report's `limits[]`. @default none */
  readonly limits?: readonly { readonly id: string; readonly message: string }[];
  /** Lets the launcher go on: own root, supervisor. Resolves when `exec` works. */
  boot(): Promise<RunningNode>;
}

export interface RunningNode extends AsyncDisposable {
  readonly name: NodeId;
  readonly vantage: NodeVantage;
  /** How many times as long as by this machine's own processor things may take in the node, for time limits. */
  readonly pace: number;
  /** Unix socket (mode 0600) that leads to the API server's port inside the node. */
  readonly apiSocket: string;
  /** Inside the node AND traced: through a supervisor that descends from the traced launcher. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Like `exec`, for a process that runs on. */
  spawn(argv: readonly string[], options?: Omit<SpawnOptions, 'netns'>): RunningCommand;
  /** Copies a file or folder of the host into the node (content, mode; owner root). */
  upload(from: string, to: string): Promise<void>;
  /** Copies one file of the node to the host: content and permissions, whole or not at all. */
  download(from: string, to: string): Promise<void>;
  /** Writes a small file inside the node, with its parent folders. @default mode 0o644 */
  writeFile(path: string, content: string, mode?: number): Promise<void>;
  /** Everything is killed at once and started again on the same disk. */
  reboot(): Promise<void>;
  /** From now on `listener` is told of reboots; listeners are asked in the order in which they came. */
  onReboot(listener: RebootListener): void;
}

/** Who follows a node through its reboots, moment by moment. Each is waited for; what it throws, `reboot` throws. */
export interface RebootListener {
  /** It runs, for the last time: what `exec` and `spawn` run in it for the harness is ended here. */
  stops?(): Promise<void>;
  /**
   * Nothing of it goes on any more, and what it did can be read to its end. What runs beside a kernel of its own is ended
   * here: it goes with that.
   */
  ends?(): Promise<void>;
  /** It can be watched again, and nothing of it goes on before the promise resolves. `launcherTid` as in PreparedNode. */
  waits?(launcherTid: number | null): Promise<void>;
  /** It runs: `exec` works. */
  runs?(): Promise<void>;
}
