// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { explainUnsettled } from './explain-unsettled.ts';
import { imagePatience, waitsForImage } from './hopeless-images.ts';
import type { Unsettled } from './workload-state.ts';
import { unsettledWorkloads } from './workloads.ts';

export interface SettleOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly harnessNamespaces: readonly string[];
  /**
   * How long nothing but hopeless things may be left, unchanged, before waiting ends early: times the node's pace, but twice as
   * long at most where all of it waits for images, which kubelet asks for by the clock. @default 20000
   */
  readonly stuckMs?: number;
}

export interface Settled {
  readonly unsettled: readonly Unsettled[];
  /** Waiting ended before the deadline, because what is left does not come by waiting. */
  readonly stuck: boolean;
}

const POLL_MS = 250;

/**
 * Waits until every workload is available or complete. Ends early when all that is left waits for what does not come (an
 * image that cannot be pulled, a crash loop) and has done so for `stuckMs`. Throws HarnessError (interrupted) on abort.
 */
export async function waitSettled(
  cluster: Cluster,
  { signal, deadlineMs, harnessNamespaces, stuckMs = 20_000 }: SettleOptions,
): Promise<Settled> {
  const until = performance.now() + deadlineMs;
  const { pace } = cluster.node;
  let hopeless = { what: '', since: performance.now() };
  for (;;) {
    const unsettled = await unsettledWorkloads(cluster, harnessNamespaces);
    const now = performance.now();
    if (unsettled.length === 0) return { unsettled, stuck: false };
    const what = hopelessKey(unsettled);
    if (what === null || what !== hopeless.what) hopeless = { what: what ?? '', since: now };
    const patience = unsettled.every(waitsForImage) ? imagePatience(cluster.node) : pace;
    const stuck = what !== null && now - hopeless.since >= stuckMs * patience;
    if (stuck || now > until) return { unsettled: await explainUnsettled(cluster, unsettled), stuck };
    if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    await sleep(POLL_MS * pace);
  }
}

/** Names of what is left when all of it is hopeless, else null. Reasons are left out: pulls go to and fro between two of them. */
function hopelessKey(unsettled: readonly Unsettled[]): string | null {
  if (!unsettled.every(({ hopeless }) => hopeless)) return null;
  return unsettled
    .map(({ what }) => what)
    .toSorted()
    .join(' ');
}
