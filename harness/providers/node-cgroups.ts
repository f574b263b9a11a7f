// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { type Hierarchy, readHierarchies } from './cgroup-tree.ts';

export interface CgroupLimits {
  readonly memoryMiB: number;
  readonly pids: number;
}

/** A node's cgroups, one a hierarchy. */
export interface NodeCgroups {
  /** Folders that the launcher joins. */
  readonly folders: readonly string[];
  /** The one in cgroup v2; null where that is not mounted. */
  readonly unified: string | null;
  /** Makes room for controllers below the node's cgroup, once its supervisor has moved into a leaf (cgroup v2 alone). */
  delegate(launcherPid: number): Promise<void>;
}

/** Where a session's cgroup goes in a hierarchy. */
export function sessionCgroup(
  hierarchy: Hierarchy,
  hierarchies: readonly Hierarchy[],
  label: string,
): string {
  // cgroup v2 gives controllers only to children of a cgroup without processes, and ours holds this one: the root is
  // exempt from that rule.
  return join(isUnifiedAlone(hierarchies) ? hierarchy.mountPoint : hierarchy.own, label);
}

/** Every session cgroup of this machine's layout: what a session writes down before it makes any. */
export async function sessionCgroups(label: string): Promise<string[]> {
  const hierarchies = await readHierarchies();
  return hierarchies.map((hierarchy) => sessionCgroup(hierarchy, hierarchies, label));
}

/**
 * Makes the node's cgroups, nested under this process's own, with its limits. Also in the named and the unified hierarchy
 * of a hybrid machine: else the kubelet makes `kubepods` in the real root there, and it stays behind.
 * Throws HarnessError (setup) when the machine refuses.
 */
export async function makeNodeCgroups(
  label: string,
  node: string,
  limits: CgroupLimits,
): Promise<NodeCgroups> {
  const hierarchies = await readHierarchies();
  const unifiedAlone = isUnifiedAlone(hierarchies);
  const folders: string[] = [];
  let unified: string | null = null;
  for (const hierarchy of hierarchies) {
    const session = sessionCgroup(hierarchy, hierarchies, label);
    const folder = join(session, node);
    try {
      await makeCgroup(hierarchy, session, unifiedAlone);
      await makeCgroup(hierarchy, folder, false);
      await setLimits(hierarchy, folder, limits, unifiedAlone);
    } catch (error) {
      throw new HarnessError(`cannot make the cgroup ${folder} for node "${node}": ${reasonOf(error)}`, {
        code: 'setup',
        hint: 'run: npm run airgap -- doctor',
        cause: error,
      });
    }
    folders.push(folder);
    if (hierarchy.version === 2) unified = folder;
  }
  return {
    folders,
    unified,
    async delegate(launcherPid) {
      if (!unifiedAlone) return;
      // NOT VERIFIED: no machine with cgroup v2 alone was at hand.
      for (const folder of folders) {
        const aside = join(dirname(folder), `${basename(folder)}-launcher`);
        await mkdir(aside, { recursive: true });
        await writeFile(join(aside, 'cgroup.procs'), String(launcherPid));
        await giveControllers(folder);
      }
    },
  };
}

function isUnifiedAlone(hierarchies: readonly Hierarchy[]): boolean {
  return hierarchies.every((hierarchy) => hierarchy.version === 2);
}

async function makeCgroup(hierarchy: Hierarchy, folder: string, unifiedAlone: boolean): Promise<void> {
  if (unifiedAlone) await giveControllers(dirname(folder));
  await mkdir(folder, { recursive: true });
  if (unifiedAlone) await giveControllers(folder);
  if (!hierarchy.controllers.includes('cpuset')) return;
  // A new v1 cpuset is empty, and nothing may join an empty one.
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(folder, name), await readFile(join(dirname(folder), name)));
  }
}

async function giveControllers(folder: string): Promise<void> {
  const names = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  await writeFile(join(folder, 'cgroup.subtree_control'), names.map((name) => `+${name}`).join(' '));
}

async function setLimits(
  hierarchy: Hierarchy,
  folder: string,
  limits: CgroupLimits,
  unifiedAlone: boolean,
): Promise<void> {
  const has = (name: string): boolean => hierarchy.controllers.includes(name);
  const bytes = String(limits.memoryMiB * 1024 * 1024);
  if (unifiedAlone) await writeFile(join(folder, 'memory.max'), bytes);
  if (has('memory')) await writeFile(join(folder, 'memory.limit_in_bytes'), bytes);
  if (unifiedAlone || has('pids')) await writeFile(join(folder, 'pids.max'), String(limits.pids));
}
