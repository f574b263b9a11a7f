// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { type Unsettled, unsettledWorkloads } from './workloads.ts';

export interface SettleOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly harnessNamespaces: readonly string[];
  /** How long nothing but hopeless things may be left before waiting ends early. @default 20000 */
  readonly stuckMs?: number;
}

const POLL_MS = 250;

/**
 * Waits until every workload is available or complete. Ends early when all that is left waits for what does not come (an
 * image that cannot be pulled, a crash loop) and has done so for `stuckMs`. Returns what is left.
 */
export async function waitSettled(
  cluster: Cluster,
  { signal, deadlineMs, harnessNamespaces, stuckMs = 20_000 }: SettleOptions,
): Promise<{ readonly unsettled: readonly Unsettled[] }> {
  const until = performance.now() + deadlineMs;
  let hopelessSince: number | undefined;
  for (;;) {
    const unsettled = await unsettledWorkloads(cluster, harnessNamespaces);
    const now = performance.now();
    if (unsettled.length === 0 || now > until) return { unsettled };
    hopelessSince = unsettled.every(({ hopeless }) => hopeless) ? (hopelessSince ?? now) : undefined;
    if (hopelessSince !== undefined && now - hopelessSince > stuckMs) return { unsettled };
    if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    await sleep(POLL_MS);
  }
}
