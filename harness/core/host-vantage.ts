// SPDX-License-Identifier: Apache-2.0
import { hostKernelClock } from './clock.ts';
import type { CommandRunner } from './command.ts';
import type { Vantage } from './node.ts';

/** This machine's kernel, watched from this machine. */
export function hostVantage(runner: Pick<CommandRunner, 'spawn'>): Vantage {
  return {
    sees: new Set(['routes', 'tasks', 'frames', 'dns']),
    clock: hostKernelClock,
    isLocal: true,
    spawn: (argv, options) => runner.spawn(argv, options),
  };
}
