// SPDX-License-Identifier: Apache-2.0
import type { CheckContext } from '../core/cluster.ts';
import type { CommandRunner } from '../core/command.ts';

/**
 * Asks from the far end of the node's link, as a machine of the site does. The sink forwards nothing: what is asked for but the
 * node's own network gets no answer from anywhere.
 *
 * @param netns path of the sink's network namespace
 * @param agent the helper program on this machine
 */
export function outsideProbe(
  runner: Pick<CommandRunner, 'run'>,
  netns: string,
  agent: string,
): CheckContext['outside'] {
  return async (question, options) =>
    await runner.run(['nsenter', `--net=${netns}`, agent, 'probe', ...question], options);
}
