// SPDX-License-Identifier: Apache-2.0
import type { RunningNode } from '../../core/node.ts';
import type { RunningObserver } from '../../core/observer.ts';
import { GuardedChild } from '../guarded-child.ts';
import type { ObserverOptions } from '../options.ts';
import { ContainersObserver } from './containers-observer.ts';

export interface ContainersOptions extends ObserverOptions {
  readonly runningNode: RunningNode;
}

/** Where every node has the harness's helper program. */
const AGENT = '/run/airgap/airgap-node';

/**
 * Observer `containers`: the container runtime's own records in the node, which tell whose container a cgroup is. They are
 * there while a container runs, so they are read as it starts. Resolves when the watch is up; the runtime need not be.
 */
export async function startContainers(options: ContainersOptions): Promise<RunningObserver> {
  const { runningNode, log, node } = options;
  const child = new GuardedChild(
    runningNode.spawn([AGENT, 'containers']),
    { log, node, source: 'containers', what: 'the watch of containers', lost: 'containers were not named' },
    () => observer.died(),
  );
  const observer = new ContainersObserver(options, child);
  await observer.flush();
  return observer;
}
