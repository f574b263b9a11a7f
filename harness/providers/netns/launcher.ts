// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CommandRunner, RunningCommand } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import { processesInCgroup } from '../cgroup-tree.ts';
import { identify, killUntilNone, type ProcessIdentity } from '../processes.ts';

const SCRIPT = fileURLToPath(new URL('launch.sh', import.meta.url));
/** Milliseconds; a boot takes a tenth of a second. */
const BOOT_LIMIT = 20_000;

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

/** The process from which everything in a node descends. */
export interface Launcher {
  readonly identity: ProcessIdentity;
  /** Lets it go on; resolves when the node's agent listens. Throws HarnessError with what it said when it fails. */
  go(): Promise<void>;
  /** Ends the node at once and waits until no process of it is left. */
  kill(): Promise<void>;
}

/** Starts a launcher, which then waits in the node's cgroups. Throws HarnessError when it cannot join them. */
export async function startLauncher(runner: CommandRunner, options: LauncherOptions): Promise<Launcher> {
  const { netns, agent, config, cgroups } = options;
  // In a session of its own: the Ctrl-C of a terminal is for the harness, which then ends the node in order.
  const child = runner.spawn(['setsid', '--', 'bash', SCRIPT, netns, agent, config, ...cgroups]);
  const said = speech(child);
  const pid = Number(await said.line(BOOT_LIMIT, options.node));
  const identity = await identify(pid);
  if (identity === null) throw said.failure(options.node);
  return {
    identity,
    async go() {
      child.stdin.end('go\n');
      const line = await said.line(BOOT_LIMIT, options.node);
      if (line !== 'ready') throw said.failure(options.node);
      child.unref?.(); // a node that is kept outlives the harness
    },
    async kill() {
      child.kill('SIGKILL');
      await killUntilNone(async () => (await Promise.all(cgroups.map(processesInCgroup))).flat());
    },
  };
}

/** What a launcher says: lines on standard output, reasons on standard error. */
function speech(child: RunningCommand): {
  line(limitMs: number, node: string): Promise<string>;
  failure(node: string): HarnessError;
} {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const failure = (node: string, reason = errors.trim() || 'it ended without a word'): HarnessError =>
    new HarnessError(`node "${node}" did not start: ${reason}`, {
      code: 'harness',
      hint: 'run: npm run airgap -- doctor',
    });
  return {
    failure: (node) => failure(node),
    async line(limitMs, node) {
      const timer = new AbortController();
      const late = sleep(limitMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
      const next = await Promise.race([lines.next(), late]);
      timer.abort();
      if (next === 'late') throw failure(node, `no answer for ${limitMs / 1000} s ${errors.trim()}`);
      if (next.done === true) {
        await child.ended; // its reasons have been read then
        throw failure(node);
      }
      return next.value;
    },
  };
}
