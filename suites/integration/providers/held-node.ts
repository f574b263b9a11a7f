// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execa } from 'execa';
import { livingSessions } from '../../../harness/providers/sweep.ts';

/** Takes a provider's name (else netns), `keep` and `leave`. */
export const HOLDER = join(import.meta.dirname, 'hold-node.ts');

/** A process of its own that holds a node; `before` runs in the shell that becomes it. */
export async function hold(
  args: readonly string[] = [],
  before = '',
): Promise<{ pid: number; id: string; ended: Promise<unknown> }> {
  const child = spawn('bash', ['-c', `${before} exec "$@"`, 'bash', process.execPath, HOLDER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  return { pid: child.pid ?? 0, id: said.trim(), ended };
}

export async function kill(pid: number, ended: Promise<unknown>): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await ended;
}

/** Labelled things of this machine, and registered sessions, that belong to no living session. */
export async function unclaimed(): Promise<string[]> {
  const list = 'ls /run/netns /sys/kernel/tracing/instances /run/airgap; find /sys/fs/cgroup -name "agr-*"';
  const { stdout } = await execa('bash', ['-c', list]);
  const living = new Set((await livingSessions()).map(({ id }) => id));
  return stdout.split('\n').filter((line) => {
    const id = /(?:^|agr-)([0-9a-f]{6})(?:-|$)/.exec(line)?.[1];
    return id !== undefined && !living.has(id);
  });
}
