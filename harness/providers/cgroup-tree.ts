// SPDX-License-Identifier: Apache-2.0
import type { Dirent } from 'node:fs';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../core/errors.ts';

/** A mounted hierarchy of cgroups, and the cgroup in it that this process belongs to. */
export interface Hierarchy {
  /** Empty for cgroup v2. `name=systemd` is a controller here. */
  readonly controllers: readonly string[];
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Absolute path of this process's own cgroup. */
  readonly own: string;
}

/**
 * Hierarchies of a machine of any layout (v1, hybrid, v2), from the texts of /proc/self/cgroup and /proc/self/mountinfo.
 * One that is not mounted is left out.
 */
export function parseHierarchies(procCgroup: string, mountinfo: string): Hierarchy[] {
  const mounts = parseCgroupMounts(mountinfo);
  return procCgroup
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [id = '', names = '', ...rest] = line.split(':');
      const path = rest.join(':');
      const controllers = names === '' ? [] : names.split(',');
      const version = id === '0' ? 2 : 1;
      const found = mounts.find(
        (mount) =>
          mount.version === version && controllers.every((controller) => mount.options.has(controller)),
      );
      if (found === undefined) return [];
      return [{ controllers, version, mountPoint: found.mountPoint, own: ownPath(found, path) } as const];
    });
}

interface CgroupMount {
  readonly root: string;
  readonly mountPoint: string;
  readonly version: 1 | 2;
  readonly options: ReadonlySet<string>;
}

/** proc_pid_mountinfo(5): fields 4 and 5 are root and mount point; after ` - ` type, source, options of the superblock. */
function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = mount.split(' ');
    const [type, , options = ''] = source.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ root, mountPoint, version: type === 'cgroup' ? 1 : 2, options: new Set(options.split(',')) }];
  });
}

/** In a container the mount may show only a part of the hierarchy: its root is cut off the path. */
function ownPath(mount: CgroupMount, path: string): string {
  const inside = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  return join(mount.mountPoint, inside).replace(/(.)\/$/, '$1');
}

/** Hierarchies of this machine, as this process sees them. */
export async function readHierarchies(): Promise<Hierarchy[]> {
  const [cgroup, mountinfo] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8'),
    readFile('/proc/self/mountinfo', 'utf8'),
  ]);
  return parseHierarchies(cgroup, mountinfo);
}

/** Processes in a cgroup and in all below it; none when it does not exist. */
export async function processesInCgroup(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  const below = await Promise.all((await childFolders(folder)).map(processesInCgroup));
  return [...text.split('\n').filter(Boolean).map(Number), ...below.flat()];
}

/**
 * Removes a cgroup and all below it, deepest first. A process that was just killed keeps its cgroup busy for a moment:
 * it is tried again for up to two seconds. False when there was none.
 */
export async function removeCgroup(folder: string): Promise<boolean> {
  await removeBelow(folder);
  for (let tries = 0; ; tries += 1) {
    try {
      await rmdir(folder);
      return true;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT') return false;
      if (code !== 'EBUSY' || tries === 200) throw error;
      await sleep(10);
    }
  }
}

/** Removes all cgroups below one, and leaves it. */
export async function removeBelow(folder: string): Promise<void> {
  for (const child of await childFolders(folder)) await removeCgroup(child);
}

/** Cgroups anywhere in a hierarchy whose name starts with `prefix`; nothing below a hit is searched. */
export async function findCgroups(folder: string, prefix: string): Promise<string[]> {
  const children = await childFolders(folder);
  const found = await Promise.all(
    children.map(async (child) =>
      child.slice(folder.length + 1).startsWith(prefix) ? [child] : await findCgroups(child, prefix),
    ),
  );
  return found.flat();
}

async function childFolders(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
