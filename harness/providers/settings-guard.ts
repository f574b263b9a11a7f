// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from '../core/command.ts';
import type { PreparedNode } from '../core/node.ts';

type Limit = NonNullable<PreparedNode['limits']>[number];

/**
 * Keeps this machine's kernel settings (sysctl) from a node's privileged containers, whose own /proc shows the real ones:
 * under the guard a write succeeds and changes nothing (infra/node-agent/guard.go). It ends with the cgroup.
 *
 * @param unified the node's cgroup in cgroup v2, the only kind that can be guarded
 * @returns what a reader of the report must know of it
 */
export async function guardSettings(
  runner: CommandRunner,
  agent: string,
  unified: string | null,
): Promise<Limit> {
  const failure = unified === null ? 'cgroup v2 is not mounted' : await install(runner, agent, unified);
  return failure === null
    ? {
        id: 'host-settings-guarded',
        message:
          'a privileged container that writes a kernel setting of the whole machine (such as vm.max_map_count) is told it ' +
          'succeeded, but the node shares the kernel and the setting stays: set it on this machine first if the bundle needs it',
      }
    : {
        id: 'host-settings-open',
        message: `a privileged container can change kernel settings (sysctl) of this machine, which were not guarded: ${failure}`,
      };
}

async function install(runner: CommandRunner, agent: string, folder: string): Promise<string | null> {
  const { exitCode, stderr } = await runner.run([agent, 'guard', folder]);
  return exitCode === 0 ? null : stderr.trim();
}
