// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { Plan } from '../plan/plan.ts';
import { triggerCronJobs } from '../site/cronjobs.ts';
import { waitSettled } from '../checks/settle.ts';
import type { EventSink } from '../core/events.ts';
import type { Provisioned } from './provision.ts';

/** New attempts that never end: after this many quiet times the run goes on and says so. */
const MOST_QUIET_TIMES = 4;
/** Once something is stuck, this long unchanged is enough the second time. */
const STUCK_AGAIN_MS = 5000;

export interface SettleContext {
  readonly plan: Plan;
  readonly site: Provisioned;
  readonly log: EventSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Ids of all attempts so far. */
  readonly attempts: () => ReadonlySet<string>;
}

/**
 * All workloads available, CronJobs triggered once, then quiet: `plan.quietMs` without an attempt that was not seen
 * before. Returns what is not settled, one line each.
 */
export async function settle(context: SettleContext): Promise<string[]> {
  const { plan, site } = context;
  const wait = waitOf(context);
  const first = await waitSettled(site.cluster, wait);
  const triggered = await triggerCronJobs(site.cluster, { harnessNamespaces: plan.harnessNamespaces });
  // What was stuck already need not be waited for again.
  const again = first.stuck ? { ...wait, stuckMs: STUCK_AGAIN_MS } : wait;
  const last = triggered.length > 0 ? await waitSettled(site.cluster, again) : first;
  await waitQuiet(context);
  return linesOf(last);
}

/**
 * After a restart of the node: all workloads available, quiet, and available still: at first controllers may count pods as they
 * were before it. Returns what is not settled, one line each.
 */
export async function settleAgain(context: SettleContext): Promise<string[]> {
  const first = await waitSettled(context.site.cluster, waitOf(context));
  await waitQuiet(context);
  const isSettled = first.unsettled.length === 0;
  return linesOf(isSettled ? await waitSettled(context.site.cluster, waitOf(context)) : first);
}

function waitOf({ plan, site, signal }: SettleContext): Parameters<typeof waitSettled>[1] {
  return {
    signal,
    deadlineMs: plan.settleTimeoutMs * site.node.pace,
    harnessNamespaces: plan.harnessNamespaces,
  };
}

function linesOf({ unsettled }: Awaited<ReturnType<typeof waitSettled>>): string[] {
  return unsettled.map(({ what, why }) => `${what}: ${why}`);
}

/** Says so in the log when it does not become quiet. */
async function waitQuiet(context: SettleContext): Promise<void> {
  if (await becomesQuiet(context)) return;
  const { quietMs } = context.plan;
  const seconds = (quietMs * MOST_QUIET_TIMES) / 1000;
  context.log.append({
    type: 'limit',
    id: 'never-quiet',
    message: `new attempts kept coming: no ${quietMs / 1000} s without a new one in ${seconds} s, so there may be more than this report shows`,
  });
}

async function becomesQuiet({ plan, attempts, clock, signal }: SettleContext): Promise<boolean> {
  const began = clock.now();
  let known = attempts();
  let quietSince = began;
  while (clock.now() - quietSince < plan.quietMs * 1e6) {
    if (clock.now() - began > plan.quietMs * 1e6 * MOST_QUIET_TIMES) return false;
    await sleep(250, undefined, { signal });
    const now = attempts();
    if (!now.isSubsetOf(known)) quietSince = clock.now();
    known = now;
  }
  return true;
}
