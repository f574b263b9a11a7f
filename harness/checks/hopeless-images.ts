// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../core/cluster.ts';
import type { Unsettled } from './workload-state.ts';
import { unsettledWorkloads } from './workloads.ts';

const POLL_MS = 1000;
/** As long as `waitSettled` takes something for stuck. */
const HOPELESS_MS = 20_000;
const IMAGE_TROUBLE = /\b(?:ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName)\b/;
/** kubelet asks for an image again by the clock: on a slow node the wait for it is twice as long at most. */
const MOST_PACE = 2;

/** True for what waits for an image that is not had. */
export function waitsForImage({ why }: Pick<Unsettled, 'why'>): boolean {
  return IMAGE_TROUBLE.test(why);
}

/** How many times as long as in namespaces such a thing is waited for. */
export function imagePatience({ pace }: Pick<Cluster['node'], 'pace'>): number {
  return Math.min(pace, MOST_PACE);
}

/**
 * Resolves when a workload that was well or absent at first has for 20 s (40 on a slow node) waited for an image that cannot be had: with no way
 * out it does not come. Says which and why. Never resolves otherwise; ends with the signal.
 */
export async function hopelessImage(cluster: Cluster, signal: AbortSignal): Promise<string> {
  const waits = async (): Promise<Unsettled[]> =>
    (await unsettledWorkloads(cluster, [])).filter(waitsForImage);
  const before = new Set((await waits().catch(() => [])).map(({ what }) => what));
  const since = new Map<string, number>();
  for (;;) {
    await sleep(POLL_MS, undefined, { signal });
    const now = performance.now();
    const waiting = (await waits().catch(() => [])).filter(({ what }) => !before.has(what));
    const names = new Set(waiting.map(({ what }) => what));
    for (const what of since.keys()) if (!names.has(what)) since.delete(what);
    for (const { what, why } of waiting) {
      const first = since.get(what) ?? now;
      since.set(what, first);
      if (now - first >= HOPELESS_MS * imagePatience(cluster.node)) return `${what}: ${why}`;
    }
  }
}
