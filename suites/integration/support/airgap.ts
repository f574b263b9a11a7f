// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Phase } from '../../../harness/core/events.ts';
import { type Report, reportSchema } from '../../../harness/core/report.ts';
import { livingSessions } from '../../../harness/providers/sweep.ts';
import { REPO_ROOT } from './needs.ts';

const MAIN = join(REPO_ROOT, 'harness/cli/main.ts');
const COMMAND = {
  cwd: REPO_ROOT,
  reject: false,
  all: true,
  stdin: 'ignore',
  env: { NO_COLOR: '1' },
} as const;

/**
 * The command line as its users run it: a child process. Never rejects; ask `exitCode`. `through`: a command that is given it
 * to run.
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- execa's result type is made from its options
export function airgap(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
) {
  const options = { ...COMMAND, env: { ...COMMAND.env, ...env } } as const;
  const [file = process.execPath, ...rest] = [...through, process.execPath, MAIN, ...args];
  return execa(file, rest, options);
}

export async function readReport(runDir: string): Promise<Report> {
  return reportSchema.parse(JSON.parse(await readFile(join(runDir, 'report.json'), 'utf8')));
}

/** Waits until a run has entered a phase, by its log. Throws after two minutes. */
export async function phaseBegins(runDir: string, phase: Phase): Promise<void> {
  const line = `"type":"phase","phase":"${phase}","edge":"begin"`;
  for (const start = performance.now(); performance.now() - start < 120_000; await sleep(100)) {
    const log = await readFile(join(runDir, 'events.jsonl'), 'utf8').catch(() => ''); // not begun yet
    if (log.includes(line)) return;
  }
  throw new Error(`phase ${phase} did not begin within 120 s`);
}

/**
 * What must not be left behind, as a sorted list of names: namespaces, trace instances, cgroups, mounts, links, sessions. What
 * belongs to others that live on this machine is not in it: sessions of harnesses that this process did not start, and bare
 * sites of observers' tests. Nor is what goes by itself within seconds: any command's probes make a cgroup for a moment.
 */
export async function leftovers(): Promise<string[]> {
  const found = await lookForLeftovers();
  if (found.length === 0) return found;
  await sleep(PROBED_MS);
  const again = new Set(await lookForLeftovers());
  return found.filter((thing) => again.has(thing));
}

/** A probe takes milliseconds, and has a label of its own each time. */
const PROBED_MS = 3000;

async function lookForLeftovers(): Promise<string[]> {
  const before = await sessionsOfOthers(); // one may end while we look, another begin
  const { stdout } = await execa('bash', [
    '-c',
    `ip netns list | grep -o '^agr-[^ ]*' | sed 's/^/netns /'
     ls /sys/kernel/tracing/instances 2>/dev/null | grep '^agr-' | sed 's/^/trace /'
     find /sys/fs/cgroup -maxdepth 6 -type d -name 'agr-*' 2>/dev/null | sed 's/^/cgroup /'
     grep -o ' [^ ]*agr-[^ ]*' /proc/mounts | sed 's/^/mount/'
     ip -o link | grep -o 'agr-[^@:]*' | sed 's/^/link /'
     ls "\${AIRGAP_STATE_DIR:-/var/lib/airgap}/sessions" 2>/dev/null | sed 's/^/session /'
     true`,
  ]);
  const others = [...before, ...(await sessionsOfOthers())];
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes('agr-t') && !others.some((id) => line.includes(id)))
    .toSorted();
}

async function sessionsOfOthers(): Promise<string[]> {
  const living = await livingSessions();
  const isOurs = await Promise.all(living.map(async ({ owner }) => await descendsFromUs(owner.pid)));
  return living.filter((_, index) => isOurs[index] !== true).map(({ id }) => id);
}

async function descendsFromUs(pid: number): Promise<boolean> {
  for (let at = pid; at > 1; ) {
    if (at === process.pid) return true;
    const stat = await readFile(`/proc/${at}/stat`, 'utf8').catch(() => '');
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0); // proc(5): field 4, the parent
  }
  return false;
}
