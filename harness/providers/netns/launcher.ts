// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { CommandRunner } from '../../core/command.ts';
import { processesInCgroup } from '../cgroup-tree.ts';
import { BOOT_LIMIT, type Launcher, launcherSpeech } from '../launcher.ts';
import { identify, killUntilNone } from '../processes.ts';

const SCRIPT = fileURLToPath(new URL('launch.sh', import.meta.url));

export interface LauncherOptions {
  readonly node: string;
  /** Path of the network namespace. */
  readonly netns: string;
  /** Path of airgap-node. */
  readonly agent: string;
  /** Path of the configuration of `airgap-node init`. */
  readonly config: string;
  readonly cgroups: readonly string[];
}

/** Starts a launcher, which then waits in the node's cgroups. Throws HarnessError when it cannot join them. */
export async function startLauncher(runner: CommandRunner, options: LauncherOptions): Promise<Launcher> {
  const { netns, agent, config, cgroups } = options;
  // In a session of its own: the Ctrl-C of a terminal is for the harness, which then ends the node in order.
  const child = runner.spawn(['setsid', '--', 'bash', SCRIPT, netns, agent, config, ...cgroups]);
  const said = launcherSpeech(child, options.node);
  const pid = Number(await said.line(BOOT_LIMIT));
  const identity = await identify(pid);
  if (identity === null) throw said.failure();
  return {
    identity,
    async go() {
      child.stdin.end('go\n');
      const line = await said.line(BOOT_LIMIT);
      if (line !== 'ready') throw said.failure();
      child.unref?.(); // a node that is kept outlives the harness
    },
    async kill() {
      child.kill('SIGKILL');
      await killUntilNone(async () => (await Promise.all(cgroups.map(processesInCgroup))).flat());
    },
  };
}
