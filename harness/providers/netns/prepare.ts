// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostVantage } from '../../core/host-vantage.ts';
import { ipBatch, netnsPath } from '../../core/namespace.ts';
import type { NodeSpec, PreparedNode } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { makeNodeCgroups, type NodeCgroups } from '../node-cgroups.ts';
import type { Session } from '../session.ts';
import { removeBelow, removeCgroup } from '../cgroup-tree.ts';
import { removeFolder } from '../destroy.ts';
import { DISK_FOLDERS, diskFolder, initConfig } from '../init-config.ts';
import { LaunchedNode, type NodeParts } from '../launched-node.ts';
import { makeLink } from '../node-network.ts';
import { guardSettings } from '../settings-guard.ts';
import { SHARED_KERNEL } from '../shared-kernel.ts';
import { realPath, withRealPaths } from '../real-paths.ts';
import { startLauncher } from './launcher.ts';

export interface NetnsOptions {
  /** Path of the program airgap-node. */
  readonly agent: string;
}

/**
 * Makes a node of namespaces of this machine: network and link into the session's sink (`<label>-sink`, made by the gap),
 * cgroups with limits, disk folders, and a launcher that waits. Disposing ends it, booted or not.
 * Throws HarnessError; what was made until then is removed.
 */
export async function prepareNetnsNode(
  session: Session,
  given: NodeSpec,
  options: NetnsOptions,
): Promise<PreparedNode> {
  const spec = await withRealPaths(given);
  const agent = await realPath(options.agent, spec.name);
  const { runner, label } = session;
  const folder = join(session.folder, spec.name);
  const netns = `${label}-${spec.name}`;
  await using undo = new AsyncDisposableStack();

  const makeNetwork = async (): Promise<void> => {
    undo.defer(async () => await removeNetns(session, netns));
    await ipBatch(runner, [`netns add ${netns}`]);
    await makeLink(runner, { node: netns, sink: `${label}-sink` }, spec.link);
  };
  const makeCgroups = async (): Promise<{ cgroups: NodeCgroups; limits: NodeParts['limits'] }> => {
    const made = await makeNodeCgroups(label, spec.name, spec);
    return { cgroups: made, limits: [SHARED_KERNEL, await guardSettings(runner, agent, made.unified)] };
  };
  const [{ cgroups, limits }] = await Promise.all([
    makeCgroups(),
    makeNetwork(),
    makeFolders(session, spec, folder),
  ]);
  const config = join(folder, 'init.json');
  const writeConfig = async (machineId: string | null): Promise<void> =>
    await writeFile(config, JSON.stringify(initConfig(spec, folder, machineId)), { mode: 0o600 });
  await writeConfig(randomBytes(16).toString('hex'));

  const parts: NodeParts = {
    spec,
    session,
    folder,
    netns,
    limits,
    vantage: { ...hostVantage(runner), netns: netnsPath(netns) }, // this machine's kernel is the node's as well
    startLauncher: async () =>
      await startLauncher(runner, {
        node: spec.name,
        netns: netnsPath(netns),
        agent,
        config,
        cgroups: cgroups.folders,
      }),
    afterBoot: async (launcherTid) => await cgroups.delegate(launcherTid),
    beforeReboot: async () => void (await Promise.all(cgroups.folders.map(removeBelow))),
    async remove() {
      await Promise.all([
        removeNetns(session, netns),
        Promise.all(cgroups.folders.map(removeCgroup)),
        removeFolder(folder, runner),
      ]);
    },
    afterFirstBoot: async () => await writeConfig(null),
  };
  const node = new LaunchedNode(parts, await parts.startLauncher());
  undo.defer(async () => await node[Symbol.asyncDispose]());
  await node.register();
  undo.move();
  return node;
}

async function removeNetns(session: Session, netns: string): Promise<void> {
  await session.runner.run(['ip', 'netns', 'delete', netns]); // fails when it was not made, or is gone with the session
}

/**
 * Folders of the node's overlay and disk; what the image holds in a disk folder is copied, as a volume is seeded. Not through a symbolic
 * link: here it would lead to a folder of the host.
 */
async function makeFolders(session: Session, spec: NodeSpec, folder: string): Promise<void> {
  const names = ['upper', 'work', 'root'].map((name) => join(folder, name));
  const disks = DISK_FOLDERS.map((path) => ({
    disk: diskFolder(folder, path),
    seed: join(spec.image, path),
  }));
  for (const path of [...names, ...disks.map(({ disk }) => disk)]) await mkdir(path, { recursive: true });
  for (const { disk, seed } of disks) {
    const isOwn = (await realpath(seed).catch(() => null)) === seed;
    if (isOwn && (await readdir(seed)).length > 0)
      await runOrThrow(session.runner, ['cp', '-a', '--', `${seed}/.`, disk]);
  }
}
