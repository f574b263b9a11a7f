// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, HarnessError } from '../core/errors.ts';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly startTicks: string;
}

/** State (one letter) and start of a process, from the text of /proc/PID/stat; the command in it may hold anything. */
export function parseStat(text: string): { state: string; startTicks: string } {
  // proc(5): field 2 is the command in parentheses, 3 the state, 22 the start.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

/** Identity of a process that runs now, or null. A zombie does not run. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const { state, startTicks } = parseStat(text);
  return state === 'Z' || state === 'X' ? null : { pid, startTicks };
}

/** True when the very process runs, not another one that got its number. */
export async function isLiving(known: ProcessIdentity): Promise<boolean> {
  const now = await identify(known.pid);
  return now !== null && now.startTicks === known.startTicks;
}

/** Processes whose network namespace is one of these (inode numbers). */
export async function processesInNetns(inodes: ReadonlySet<number>): Promise<number[]> {
  if (inodes.size === 0) return [];
  const wanted = new Set([...inodes].map((inode) => `net:[${inode}]`));
  return await filterProcesses(async (pid) => {
    const link = await readlink(`/proc/${pid}/ns/net`).catch(() => '');
    return wanted.has(link);
  });
}

/** Processes that hold a file below one of these folders open. */
export async function processesWithOpenFiles(folders: readonly string[]): Promise<number[]> {
  if (folders.length === 0) return [];
  const prefixes = folders.map((folder) => `${folder}/`);
  return await filterProcesses(async (pid) => {
    const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(
      names.map(async (name) => await readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
    );
    return links.some((link) => prefixes.some((prefix) => link.startsWith(prefix)));
  });
}

async function filterProcesses(test: (pid: number) => Promise<boolean>): Promise<number[]> {
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const hits = await Promise.all(pids.map(async (pid) => (await test(pid)) && pid !== process.pid));
  return pids.filter((_, i) => hits[i]);
}

/**
 * Kills what `find` finds until it finds nothing; killed processes may have started others meanwhile.
 *
 * @returns every process that was killed
 * @throws HarnessError when some are left after `limitMs` milliseconds
 */
export async function killUntilNone(
  find: () => Promise<readonly number[]>,
  limitMs = 5000,
): Promise<number[]> {
  const killed = new Set<number>();
  const deadline = performance.now() + limitMs;
  for (;;) {
    const pids = (await find()).filter((pid) => pid !== process.pid);
    if (pids.length === 0) return [...killed];
    if (performance.now() > deadline) {
      throw new HarnessError(`processes ${pids.join(', ')} of the session do not end after SIGKILL`, {
        code: 'harness',
        hint: 'look at them with ps; then run: npm run airgap -- sweep',
      });
    }
    for (const pid of pids) {
      killed.add(pid);
      killProcess(pid);
    }
    await sleep(5);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error; // it has ended by itself
  }
}
