// SPDX-License-Identifier: Apache-2.0
import { access, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandRunner } from '../core/command.ts';
import { errnoOf, HarnessError, reasonOf } from '../core/errors.ts';
import { ipBatch, NETNS_DIR, netnsPath } from '../core/namespace.ts';
import { runOrThrow } from '../core/runner.ts';
import { processesInCgroup, removeCgroup } from './cgroup-tree.ts';
import { removeContainers } from './container/remains.ts';
import { killUntilNone, processesInNetns, processesWithOpenFiles } from './processes.ts';
import { REGISTRY_DIR } from './session-record.ts';

export const TRACE_INSTANCES = '/sys/kernel/tracing/instances';

/** One thing that was removed. */
export interface SweptThing {
  /** Session id. */
  readonly session: string;
  readonly kind: 'container' | 'process' | 'netns' | 'trace-instance' | 'cgroup' | 'state';
  readonly name: string;
}

/** What a session is known by; `folder` null when only its labelled resources are left. */
export interface SessionRemains {
  readonly id: string;
  readonly label: string;
  readonly folder: string | null;
  readonly cgroups: readonly string[];
}

/**
 * Removes all that belongs to a session: containers, processes, network namespaces, trace instances, cgroups, and last its folder.
 * What is gone already is no error, so it may be called again, and by two at once.
 *
 * @returns what was there and is gone
 * @throws HarnessError that names everything which could not be removed; the rest is removed nevertheless
 */
export async function destroySession(remains: SessionRemains, runner: CommandRunner): Promise<SweptThing[]> {
  const swept: SweptThing[] = [];
  const failures: string[] = [];
  const step = async (kind: SweptThing['kind'], work: () => Promise<readonly string[]>): Promise<void> => {
    try {
      swept.push(...(await work()).map((name) => ({ session: remains.id, kind, name })));
    } catch (error) {
      failures.push(`${kind}: ${reasonOf(error)}`);
    }
  };
  await step('container', async () => await removeContainers(remains.id, remains.folder));
  await step('process', async () => await killProcesses(remains));
  await step('netns', async () => await removeNetns(remains.label, runner));
  await step('trace-instance', async () => await removeTraceInstances(remains.label));
  await step('cgroup', async () => await removeCgroups(remains.cgroups));
  if (failures.length === 0) await step('state', async () => await removeState(remains, runner));
  if (failures.length === 0) return swept;
  throw new HarnessError(`session ${remains.id} could not be removed completely: ${failures.join('; ')}`, {
    code: 'harness',
    hint: 'run: npm run airgap -- sweep',
  });
}

/** Network namespaces and trace instances of a label: `agr-1a2b3c` itself and `agr-1a2b3c-...`. */
export function carriesLabel(name: string, label: string): boolean {
  return name === label || name.startsWith(`${label}-`);
}

async function killProcesses(remains: SessionRemains): Promise<string[]> {
  const netns = await Promise.all(
    (await labelled(NETNS_DIR, remains.label)).map(async (name) => {
      const { ino } = await stat(netnsPath(name)).catch(() => ({ ino: 0 }));
      return ino;
    }),
  );
  const inodes = new Set(netns.filter((inode) => inode !== 0));
  const instances = await labelled(TRACE_INSTANCES, remains.label);
  const traces = instances.map((name) => join(TRACE_INSTANCES, name));
  // A virtual machine runs on when the name of its network namespace is gone; its disk is in the session's folder.
  const places = remains.folder === null ? traces : [...traces, remains.folder];
  const killed = await killUntilNone(async () => {
    const [inCgroups, inNetns, readers] = await Promise.all([
      Promise.all(remains.cgroups.map(processesInCgroup)),
      processesInNetns(inodes),
      processesWithOpenFiles(places),
    ]);
    return [...new Set([...inCgroups.flat(), ...inNetns, ...readers])];
  });
  return killed.map(String);
}

async function removeNetns(label: string, runner: CommandRunner): Promise<string[]> {
  const names = await labelled(NETNS_DIR, label);
  if (names.length === 0) return [];
  try {
    await ipBatch(
      runner,
      names.map((name) => `netns delete ${name}`),
    );
  } catch (error) {
    if ((await labelled(NETNS_DIR, label)).length > 0) throw error; // else another one was faster
  }
  return names;
}

async function removeTraceInstances(label: string): Promise<string[]> {
  const names = await labelled(TRACE_INSTANCES, label);
  for (const name of names) await removeTraceInstance(join(TRACE_INSTANCES, name));
  return names;
}

/** A reader that was just killed keeps the instance busy for a moment: tried again for up to two seconds. */
async function removeTraceInstance(folder: string): Promise<void> {
  await writeFile(join(folder, 'tracing_on'), '0').catch(ignoreMissing);
  for (let tries = 0; ; tries += 1) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || tries === 200) throw error;
      await sleep(10);
    }
  }
}

async function removeCgroups(folders: readonly string[]): Promise<string[]> {
  const removed = await Promise.all(
    folders.map(async (folder) => ((await removeCgroup(folder)) ? [folder] : [])),
  );
  return removed.flat();
}

async function removeState(remains: SessionRemains, runner: CommandRunner): Promise<string[]> {
  const { folder, id } = remains;
  const there = folder !== null && (await exists(folder));
  if (there) await removeFolder(folder, runner);
  await rm(join(REGISTRY_DIR, id), { force: true }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EACCES') throw error; // root's registry: a user has nothing in it
  });
  return there ? [folder] : [];
}

/**
 * Removes a folder of ours with all in it. rm(1) is faster than Node's rm on the tens of thousands of files of a container
 * runtime. A child of a killed harness may write for a moment longer: it is tried again.
 */
export async function removeFolder(folder: string, runner: CommandRunner): Promise<void> {
  const argv = ['rm', '-rf', '--one-file-system', '--', folder];
  for (let tries = 0; tries < 5; tries += 1) {
    if ((await runner.run(argv)).exitCode === 0) return;
    await sleep(100);
  }
  await runOrThrow(runner, argv);
}

async function labelled(folder: string, label: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => carriesLabel(name, label));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
