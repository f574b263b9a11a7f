// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type Docker from 'dockerode';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { farEngine } from '../../core/far-engine.ts';
import { hostVantage } from '../../core/host-vantage.ts';
import { netnsPath } from '../../core/namespace.ts';
import type { NodeSpec, PreparedNode } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { readHierarchies } from '../cgroup-tree.ts';
import { removeFolder } from '../destroy.ts';
import { LaunchedNode, type NodeParts } from '../launched-node.ts';
import type { Launcher } from '../launcher.ts';
import { makeLink } from '../node-network.ts';
import { realPath, withRealPaths } from '../real-paths.ts';
import type { Session } from '../session.ts';
import { guardSettings } from '../settings-guard.ts';
import { SHARED_KERNEL } from '../shared-kernel.ts';
import { capabilitiesWithin } from './capabilities.ts';
import { ignoreMissing } from './docker-errors.ts';
import { rememberEngine } from './engine-hosts.ts';
import { openEngine } from './engine.ts';
import { nodeHostConfig } from './host-config.ts';
import { LabelledContainer } from './labelled-container.ts';
import { attach, type Attached, LAUNCH_COMMAND, launcherOf } from './launcher.ts';
import { startNetworkHolder } from './network-holder.ts';
import { ensureNodeImage } from './node-image.ts';
import { containerInitConfig, inContainer } from './places.ts';
import { ulimitsOf } from './ulimits.ts';

export interface ContainerOptions {
  /** Path of the program airgap-node. */
  readonly agent: string;
  /** The engine's network that the node's namespace is made with. Anything but `none` is no gap. @default none */
  readonly network?: string;
}

/**
 * Makes a node that is a container: its network namespace (which a second container holds, so that it outlives a reboot) with
 * the harness's own link into the session's sink, limits, volumes for its disk, and a launcher that waits. Disposing ends it,
 * booted or not. Throws HarnessError; what was made until then is removed.
 */
export async function prepareContainerNode(
  session: Session,
  given: NodeSpec,
  options: ContainerOptions,
): Promise<PreparedNode> {
  const spec = await withRealPaths(given);
  const agent = await realPath(options.agent, spec.name);
  const { runner, label } = session;
  const { docker, host, version, privilegedIsWithinItsOwn } = await openEngine();
  const folder = join(session.folder, spec.name);
  const netns = `${label}-${spec.name}`;
  await using undo = new AsyncDisposableStack();

  await rememberEngine(session.folder, host);
  const known = farEngine()?.nodeImage;
  const image =
    known?.folder === spec.image ? known.reference : await ensureNodeImage(docker, runner, spec.image);
  await mkdir(folder, { recursive: true });
  const writeConfig = async (machineId: string | null): Promise<void> =>
    await writeFile(
      join(folder, basename(inContainer.config)),
      JSON.stringify(containerInitConfig(spec, machineId)),
      { mode: 0o600 },
    );
  await writeConfig(randomBytes(16).toString('hex'));

  let id: string | undefined;
  const remove = async (): Promise<void> => {
    await removeContainer(docker, netns);
    await removeContainer(docker, `${netns}-net`);
    await runner.run(['ip', 'netns', 'delete', netns]); // fails when it was not made, or is gone with the session
    await removeFolder(folder, runner);
  };
  undo.defer(remove);

  const ulimits = ulimitsOf(
    await readFile('/proc/self/limits', 'utf8'),
    Number(await readFile('/proc/sys/kernel/pid_max', 'utf8')),
  );
  const holder = await startNetworkHolder(docker, {
    image,
    name: `${netns}-net`,
    session: session.id,
    agent,
    network: options.network ?? 'none',
    ulimits,
  });
  await runOrThrow(runner, ['ip', 'netns', 'attach', netns, String(holder.pid)]);
  const capabilities = privilegedIsWithinItsOwn
    ? null
    : capabilitiesWithin(await readFile('/proc/self/status', 'utf8'));

  let guard: NodeParts['limits'][number] | undefined;
  const startLauncher = async (): Promise<Launcher> => {
    let streams: Attached | undefined;
    if (id === undefined) {
      const container = new LabelledContainer({
        image,
        name: netns,
        session: session.id,
        command: LAUNCH_COMMAND,
        network: `container:${holder.id}`,
        hostConfig: nodeHostConfig({ spec, session: session.id, agent, folder, capabilities, ulimits }),
        stdin: true,
        onCreated: async (created) => {
          streams = await attach(docker, created);
        },
      });
      id = (await started(spec.name, container.start())).getId();
    } else {
      streams = await attach(docker, id);
      await started(spec.name, docker.getContainer(id).start());
    }
    if (streams === undefined) throw new Error('unreachable: a container that starts was created');
    const launcher = await launcherOf(docker, id, spec.name, streams);
    guard = await guardSettings(runner, agent, await unifiedCgroup(launcher.identity.pid));
    return launcher;
  };

  const [launcher] = await Promise.all([
    startLauncher(),
    makeLink(runner, { node: netns, sink: `${label}-sink` }, spec.link),
  ]);
  const parts: NodeParts = {
    spec,
    session,
    folder,
    netns,
    limits: [
      SHARED_KERNEL,
      ...(guard === undefined ? [] : [guard]),
      ...(capabilities === null ? [] : [withoutNewCapabilities(version)]),
      ...elsewhere(),
    ],
    vantage: { ...hostVantage(runner), netns: netnsPath(netns) }, // this machine's kernel is the engine's as well
    startLauncher,
    afterBoot: async () => {},
    afterFirstBoot: async () => await writeConfig(null),
    beforeReboot: async () => {},
    remove,
  };
  const node = new LaunchedNode(parts, launcher);
  undo.defer(async () => await node[Symbol.asyncDispose]());
  await node.register();
  undo.move();
  return node;
}

async function started<T>(node: string, start: Promise<T>): Promise<T> {
  try {
    return await start;
  } catch (error) {
    throw new HarnessError(`the container of node "${node}" does not start: ${reasonOf(error)}`, {
      code: 'harness',
      hint: 'run: npm run airgap -- doctor',
      cause: error,
    });
  }
}

/** Its anonymous volumes go with it. */
async function removeContainer(docker: Docker, name: string): Promise<void> {
  await docker.getContainer(name).remove({ force: true, v: true }).catch(ignoreMissing);
}

/** Folder of a process's cgroup v2, as this machine sees it; null where that is not mounted. */
async function unifiedCgroup(pid: number): Promise<string | null> {
  const path = /^0::(.*)$/m.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
  const unified = (await readHierarchies()).find(({ version }) => version === 2);
  return path === undefined || unified === undefined ? null : join(unified.mountPoint, path);
}

function withoutNewCapabilities(engine: string): NodeParts['limits'][number] {
  return {
    id: 'container-capabilities',
    message:
      `the node is a container of ${engine}, which gives no container the capabilities BPF, PERFMON and CHECKPOINT_RESTORE ` +
      'by name: a workload that asks for one of them alone (not for privileged) fails here and may work on the site',
  };
}

function elsewhere(): NonNullable<NodeParts['limits']> {
  const far = farEngine();
  if (far === null) return [];
  return [
    {
      id: 'far-engine',
      message:
        `the container engine is on another machine (${far.machine}, ${far.os}): the harness itself, with sink, witness and observers, ran there ` +
        'in a container, whose rights are what that engine gives by name; the machine on which the command was given was not looked at',
    },
  ];
}
