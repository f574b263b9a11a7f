// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import type { RunningObserver } from '../../core/observer.ts';
import type { ObserverOptions } from '../options.ts';
import { PodsObserver } from './pods-observer.ts';

export interface PodsOptions extends ObserverOptions {
  readonly config: KubeConfig;
}

/**
 * Observer `pods`: who owns which pod, which addresses it has, and which images it wanted from a registry, from the
 * Kubernetes API. Resolves when all pods that exist are in the log. Throws HarnessError when the API server cannot be
 * asked.
 */
export async function startPods(options: PodsOptions): Promise<RunningObserver> {
  const observer = new PodsObserver(options);
  await observer.start();
  return observer;
}
