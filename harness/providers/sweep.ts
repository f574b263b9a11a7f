// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import type { CommandRunner } from '../core/command.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { NETNS_DIR } from '../core/namespace.ts';
import { hostRunner } from '../core/runner.ts';
import { findCgroups, readHierarchies } from './cgroup-tree.ts';
import { removeImportedImages, sessionsWithContainers } from './container/remains.ts';
import { destroySession, type SessionRemains, type SweptThing, TRACE_INSTANCES } from './destroy.ts';
import { isLiving } from './processes.ts';
import { readRecord, sessionFolders, type SessionRecord } from './session-record.ts';

const LABEL = /^agr-([0-9a-f]{6})(?:-|$)/;

/**
 * Removes what dead sessions left, and labelled resources that no session claims. Nothing of a session that lives is
 * touched: its owner runs, or it was kept (`airgap down` ends it) and a node of it runs.
 *
 * @throws HarnessError that names what could not be removed, after all else was
 */
export async function sweep(runner: CommandRunner = hostRunner): Promise<SweptThing[]> {
  // Resources first, records second: a record exists before its resources, so none of a session that begins just now is
  // taken for an orphan.
  const isRoot = process.geteuid?.() === 0;
  // Root's are nothing of a user's, who has folders alone: the rest ends with the namespaces it was in.
  const cgroups = isRoot ? await labelledCgroups() : new Map<string, string[]>();
  const ids = isRoot ? (await labelledIds(cgroups)).union(await sessionsWithContainers()) : new Set<string>();
  const living = new Set<string>();
  const dead = new Map<string, SessionRemains>();
  for (const { id, folder } of await sessionFolders()) {
    const record = await readRecord(folder);
    const alive = record === null ? await isNew(folder) : await lives(record);
    if (alive) living.add(id);
    else dead.set(id, remainsOf(id, folder, [...(record?.cgroups ?? []), ...(cgroups.get(id) ?? [])]));
  }
  for (const id of ids) {
    if (!living.has(id) && !dead.has(id)) dead.set(id, remainsOf(id, null, cgroups.get(id) ?? []));
  }
  return await destroyAll([...dead.values()], runner);
}

/** Removes the node images that container engines were given, unless a container uses them: `airgap sweep --images`. */
export async function sweepImages(): Promise<string[]> {
  return await removeImportedImages();
}

/** Ends a session that another process opened, whether it lives or not: `airgap down`. Throws as destroySession. */
export async function endSession(
  record: SessionRecord,
  runner: CommandRunner = hostRunner,
): Promise<SweptThing[]> {
  const folders = await sessionFolders();
  const folder = folders.find(({ id }) => id === record.id)?.folder ?? null;
  return await destroySession(remainsOf(record.id, folder, record.cgroups), runner);
}

/** Sessions of this machine that were kept or run now, for `airgap shell` and `airgap down`. */
export async function livingSessions(): Promise<SessionRecord[]> {
  const records = await Promise.all(
    (await sessionFolders()).map(async ({ folder }) => {
      const record = await readRecord(folder);
      return record !== null && (await lives(record)) ? [record] : [];
    }),
  );
  return records.flat();
}

/** True for a folder whose session may be about to write its record. */
async function isNew(folder: string): Promise<boolean> {
  const info = await stat(folder).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs < 10_000;
}

async function lives(record: SessionRecord): Promise<boolean> {
  if (await isLiving(record.owner)) return true;
  if (!record.kept) return false;
  const nodes = await Promise.all(record.nodes.map(async (node) => await isLiving(node.launcher)));
  return nodes.some(Boolean);
}

function remainsOf(id: string, folder: string | null, cgroups: readonly string[]): SessionRemains {
  return { id, label: `agr-${id}`, folder, cgroups: [...new Set(cgroups)] };
}

async function destroyAll(all: readonly SessionRemains[], runner: CommandRunner): Promise<SweptThing[]> {
  const swept: SweptThing[] = [];
  const failures: string[] = [];
  for (const remains of all) {
    try {
      swept.push(...(await destroySession(remains, runner)));
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  if (failures.length > 0) {
    throw new HarnessError(failures.join('; '), {
      code: 'harness',
      hint: 'look at the processes that are left',
    });
  }
  return swept;
}

/** Cgroups that carry a label, by session id, in every hierarchy. */
async function labelledCgroups(): Promise<Map<string, string[]>> {
  const byId = new Map<string, string[]>();
  for (const { mountPoint } of await readHierarchies()) {
    for (const folder of await findCgroups(mountPoint, 'agr-')) {
      const id = LABEL.exec(folder.slice(folder.lastIndexOf('/') + 1))?.[1];
      if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), folder]);
    }
  }
  return byId;
}

async function labelledIds(cgroups: ReadonlyMap<string, unknown>): Promise<Set<string>> {
  const names = await Promise.all(
    [NETNS_DIR, TRACE_INSTANCES].map(async (folder) => await readdir(folder).catch(() => [])),
  );
  const ids = names.flat().flatMap((name) => LABEL.exec(name)?.[1] ?? []);
  return new Set([...ids, ...cgroups.keys()]);
}
