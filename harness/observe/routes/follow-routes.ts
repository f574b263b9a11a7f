// SPDX-License-Identifier: Apache-2.0
import type { RebootListener } from '../../core/node.ts';
import type { RunningObserver } from '../../core/observer.ts';
import { ThroughReboots } from '../through-reboots.ts';
import { type RoutesOptions, startRoutes } from './start-routes.ts';

/**
 * As startRoutes, for a node that may be rebooted (`node.onReboot` takes it): a launcher that is started again joins the
 * trace that runs; a kernel of the node's own is a new one each time, and so is its trace.
 */
export async function followRoutes(options: RoutesOptions): Promise<RunningObserver & RebootListener> {
  if (options.launcherTid === null) {
    return await ThroughReboots.start({
      id: 'routes',
      log: options.log,
      node: options.node,
      where: 'beside',
      start: async (log) => await startRoutes({ ...options, log }),
    });
  }
  const routes = await startRoutes(options);
  return {
    id: routes.id,
    flush: async () => await routes.flush(),
    async waits(launcherTid) {
      if (launcherTid !== null) await routes.retrace(launcherTid);
    },
    [Symbol.asyncDispose]: async () => await routes[Symbol.asyncDispose](),
  };
}
