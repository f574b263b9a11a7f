// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../core/clock.ts';
import { HarnessError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { planDiode, runDiode } from '../observe/canary/diode.ts';
import { planCanaries } from '../observe/canary/plan.ts';
import { runNodeCanaries, runPodCanaries } from '../observe/canary/run.ts';
import { CANARY_NAMESPACE, type Plan } from '../plan/plan.ts';
import type { RunFold } from '../verdict/run-fold.ts';
import type { Provisioned } from './provision.ts';

export interface ProveContext {
  readonly plan: Plan;
  readonly site: Provisioned;
  readonly log: EventSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly fold: RunFold;
}

/** Canaries from the node, a hostNetwork pod and an ordinary pod. Whether they were seen is computed from the log. */
export async function provePods(
  { plan, site, log, fold, signal }: ProveContext,
  stage: 'start' | 'end',
): Promise<void> {
  const where = { log, namespace: CANARY_NAMESPACE, image: site.helper.image, signal };
  const what = { stage, link: site.link, profile: plan.profile, available: plan.observers };
  await Promise.all([
    runNodeCanaries(site.node, planCanaries({ place: 'node', ...what }), { log, signal }),
    runPodCanaries(site.cluster, planCanaries({ place: 'host-network-pod', ...what }), where),
    runPodCanaries(site.cluster, planCanaries({ place: 'pod', ...what }), where),
  ]);
  if (stage === 'end')
    log.append({ type: 'isolation', stage, facts: await site.isolation() }, { node: site.node.name });
  if (plan.profile === 'diode')
    await runDiode(planDiode(stage, site.link), {
      log,
      node: site.node.name,
      ...site.sink,
      available: plan.observers,
    });
  await flushAll(site);
  refuseLeak(fold);
}

/** The gap is open: nothing of the bundle may start. */
export function refuseLeak(fold: RunFold): void {
  const seen = fold.witnessed();
  if (seen.length === 0) return;
  throw new HarnessError(
    `the gap is open: the witness behind the sink saw ${seen.length} packet(s), the first to ${seen[0] ?? '?'}; nothing of the bundle was started`,
    { code: 'harness', hint: 'run: npm run airgap -- doctor; look at capture/witness.pcap of this run' },
  );
}

export async function flushAll(site: Pick<Provisioned, 'observers'>): Promise<void> {
  await Promise.all(site.observers.map(async (observer) => await observer.flush()));
}
