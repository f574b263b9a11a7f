// SPDX-License-Identifier: Apache-2.0
import type { RebootListener } from '../../core/node.ts';
import type { RunningObserver } from '../../core/observer.ts';
import type { PodsOptions } from './pods-options.ts';
import { PodsObserver } from './pods-observer.ts';

export type { PodsOptions } from './pods-options.ts';

/**
 * Observer `pods`: who owns which pod, which addresses it has, and which images it wanted from a registry, from the
 * Kubernetes API. Resolves when all pods that exist are in the log; `node.onReboot` takes it. Throws HarnessError when the API
 * server cannot be asked.
 */
export async function startPods(options: PodsOptions): Promise<RunningObserver & RebootListener> {
  const observer = new PodsObserver(options);
  await observer.start();
  return observer;
}
