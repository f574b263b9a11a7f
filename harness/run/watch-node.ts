// SPDX-License-Identifier: Apache-2.0
import type { EventSink, ObserverId } from '../core/events.ts';
import type { NodeVantage, RebootListener, RunningNode } from '../core/node.ts';
import type { RunningObserver } from '../core/observer.ts';
import { startCapture } from '../observe/capture/start-capture.ts';
import { startContainers } from '../observe/containers/start-containers.ts';
import type { ObserverOptions } from '../observe/options.ts';
import { ThroughReboots } from '../observe/through-reboots.ts';

/** Writes down how far the clocks of a kernel are from this machine's; nothing where they are the same. */
export function writeClock(log: EventSink, { isLocal, clock }: NodeVantage): void {
  const { id: source, errorNs } = clock;
  const offsetNs = String(-clock.toHostRealtime(0n));
  if (!isLocal) log.append({ type: 'clock', source, offsetNs, errorNs });
}

/**
 * Starts what watches from inside a node that runs, and lets all observers of it follow its reboots.
 *
 * @param options of observers that stand beside the node's kernel; `available`: those that this run has
 * @param routes the trace of its routing, which runs already; null where there is none
 * @param add takes each observer before the next one is started
 */
export async function watchNode(
  node: RunningNode,
  options: ObserverOptions & { readonly available: readonly ObserverId[] },
  routes: RebootListener | null,
  add: (observer: RunningObserver) => void,
): Promise<void> {
  const { log, node: name } = options;
  const { vantage } = node;
  node.onReboot({ waits: async () => writeClock(log, vantage) });
  if (routes !== null) node.onReboot(routes);
  const containers = await ThroughReboots.start({
    id: 'containers',
    log,
    node: name,
    where: 'in',
    start: async (to) => await startContainers({ ...options, log: to, runningNode: node }),
  });
  add(containers);
  node.onReboot(containers);
  if (!options.available.includes('cni')) return;
  const cni = await ThroughReboots.start({
    id: 'cni',
    log,
    node: name,
    where: 'beside',
    start: async (to, turn) =>
      await startCapture({ ...options, log: to, turn, id: 'cni', netns: vantage.netns, device: 'cni0' }),
  });
  add(cni);
  node.onReboot(cni);
}
