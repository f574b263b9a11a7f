// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import type { Bundle } from './bundle.ts';
import type { ExecOptions, ExecResult } from './command.ts';
import type { EventSink, EvidenceRef, Outcome } from './events.ts';
import type { Clock } from './clock.ts';
import type { RunningNode } from './node.ts';

/** A running Kubernetes, reached over a unix socket only. */
export interface Cluster {
  /** Makes every API client: `cluster.config.makeApiClient(CoreV1Api)`; its requests go through the socket. */
  readonly config: KubeConfig;
  readonly node: RunningNode;
  /** `k3s kubectl ARGS` inside the node; for evidence such as describe. */
  kubectl(args: readonly string[]): Promise<string>;
}

/** What a check is given. */
export interface CheckContext {
  readonly cluster: Cluster;
  readonly bundle: Bundle;
  readonly clock: Clock;
  readonly log: EventSink;
  readonly signal: AbortSignal;
  /** Namespace for the harness's own helper pods, and the image that is present in every node for them. */
  readonly helper: { readonly namespace: string; readonly image: string };
  /** What the simulated site offers. @default nothing */
  readonly site?: {
    /** References of the images that its registry holds. */
    readonly images: ReadonlySet<string>;
    /** Text of the authority's certificate, when it is the owner's own: what the bundle serves must come from it. */
    readonly authority?: string;
  };
  /**
   * Runs the helper program's `probe` with these arguments in the site but outside the cluster: where the node's link leads, never
   * in this machine's own network.
   */
  readonly outside: (question: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
  /** Saves a text under evidence/ of the run folder and says where. */
  evidence(name: string, text: string): Promise<EvidenceRef>;
}

export interface CheckResult {
  readonly result: Outcome;
  /** With `skipped`: the cluster has nothing that could be asked. Such a check says nothing against a run, and nothing for it. */
  readonly moot?: true;
  /** One line: what was found; on failure what, on which thing, why. */
  readonly message: string;
  readonly evidence: readonly EvidenceRef[];
}

/** A functional question. `run` throws only when the harness could not ask: that becomes `error`. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly phase: 'install' | 'settle' | 'exercise' | 'restart' | 'reboot';
  /** It installs a part of the bundle itself: it is asked within its phase, in the plan's order, whatever checks were chosen. */
  readonly installs?: true;
  /** Time for its answer, before the node's pace. @default 300000 */
  readonly deadlineMs?: number;
  run(context: CheckContext): Promise<CheckResult>;
}
