// SPDX-License-Identifier: Apache-2.0
import type Docker from 'dockerode';
import { statusOf } from './docker-errors.ts';
import { engineHosts, ownEngine, rememberedEngine } from './engine-hosts.ts';
import { IMAGE_LABEL, OUTSIDE_LABEL, SESSION_LABEL } from './labels.ts';
import { stopOwnEngine } from './own-engine.ts';

/**
 * Removes a session's containers, with all that runs in them, and its volumes, from every engine that answers. An engine that
 * does not run runs nothing: what it keeps of the session is found by its label when it is up again.
 *
 * @param folder the session's; null when only its label is known
 * @returns names of what was removed
 */
export async function removeContainers(session: string, folder: string | null): Promise<string[]> {
  const removed: string[] = [];
  for (const docker of await engines(folder)) {
    // Of a session whose harness ran beside the engine: first that, so that nothing new is made.
    for (const label of [OUTSIDE_LABEL, SESSION_LABEL]) {
      const filters = { label: [`${label}=${session}`] };
      const containers = await docker.listContainers({ all: true, filters });
      removed.push(...(await removeInRounds(docker, containers)));
      const { Volumes: volumes } = await docker.listVolumes({ filters });
      for (const { Name: name } of volumes) {
        if (await removal(docker.getVolume(name).remove())) removed.push(name);
      }
    }
  }
  return removed;
}

/** Podman removes no container whose network another one uses: what could not be removed is tried again after the others. */
async function removeInRounds(
  docker: Docker,
  containers: readonly Docker.ContainerInfo[],
): Promise<string[]> {
  const removed: string[] = [];
  const left: Docker.ContainerInfo[] = [];
  let failure: unknown;
  for (const container of containers) {
    try {
      const gone = await removal(docker.getContainer(container.Id).remove({ force: true, v: true }));
      if (gone) removed.push(container.Names[0]?.slice(1) ?? container.Id);
    } catch (error) {
      failure = error;
      left.push(container);
    }
  }
  if (left.length === 0) return removed;
  if (left.length === containers.length) throw failure; // nothing has changed since: a further round ends the same
  return [...removed, ...(await removeInRounds(docker, left))];
}

/**
 * Sessions (their ids) that have containers or volumes, of every engine that answers. One whose harness runs beside the engine is left
 * out while that lives: it may be another machine's.
 */
export async function sessionsWithContainers(): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const docker of await engines(null)) {
    const labels = [SESSION_LABEL, OUTSIDE_LABEL];
    const found = new Map<string, Readonly<Record<string, string>>>();
    const living = new Set<string>();
    for (const label of labels) {
      const filters = { label: [label] };
      for (const { Id: id, Labels: own } of await docker.listContainers({ all: true, filters }))
        found.set(id, own);
      const { Volumes: volumes } = await docker.listVolumes({ filters });
      for (const { Name: name, Labels: own } of volumes) found.set(name, own);
    }
    for (const [id, own] of found) {
      const outside = own[OUTSIDE_LABEL];
      if (outside !== undefined && own[SESSION_LABEL] === undefined && (await isRecent(docker, id)))
        living.add(outside);
    }
    for (const own of found.values()) {
      const id = own[OUTSIDE_LABEL] ?? own[SESSION_LABEL];
      if (id !== undefined && !living.has(id)) ids.add(id);
    }
  }
  return ids;
}

/** Milliseconds in which files are sent to a harness that does not run yet, and its results are fetched. */
const SENDING = 600_000;

/** What an engine says of a container, as far as it tells whether a harness beside it lives. */
export interface HarnessState {
  /** ISO 8601. */
  readonly Created: string;
  readonly State: { readonly Running: boolean; readonly FinishedAt: string };
}

/** True while it runs, is sent its files, or is asked for its results. @param now milliseconds since 1970 */
export function mayLive({ Created: created, State: state }: HarnessState, now: number): boolean {
  return state.Running || now - Math.max(Date.parse(created), Date.parse(state.FinishedAt)) < SENDING;
}

async function isRecent(docker: Docker, id: string): Promise<boolean> {
  const info = await docker
    .getContainer(id)
    .inspect()
    .catch(() => null); // a volume, or gone
  return info !== null && mayLive(info, Date.now());
}

/**
 * Removes every image that the harness imported and no container uses, from every engine that answers, and ends the harness's own
 * engine when it has nothing left to run. Throws HarnessError when that one does not end.
 *
 * @returns names of what was removed
 */
export async function removeImportedImages(): Promise<string[]> {
  const removed: string[] = [];
  for (const docker of await engines(null)) {
    const images = await docker.listImages({ filters: { label: [IMAGE_LABEL] } });
    for (const { Id: id, RepoTags: tags } of images) {
      const inUse = await docker.listContainers({ all: true, filters: { ancestor: [id] } });
      if (inUse.length > 0) continue;
      if (await removal(docker.getImage(id).remove({ force: true }))) removed.push(tags?.[0] ?? id);
    }
  }
  if (await stopIdleEngine()) removed.push('the harness’s own Docker');
  return removed;
}

async function stopIdleEngine(): Promise<boolean> {
  const own = await ownEngine();
  const { answersAt, engineClient } = await import('./find-engine.ts');
  if (!(await answersAt(own.host))) return false;
  const containers = await engineClient(own.host).listContainers({ all: true });
  return containers.length === 0 && (await stopOwnEngine(own));
}

/**
 * Engines that may have something of a session, or of any one (null), and that answer. Their library is loaded only where there is
 * one: who has no containers does not pay for it.
 */
async function engines(sessionFolder: string | null): Promise<Docker[]> {
  const remembered = sessionFolder === null ? null : await rememberedEngine(sessionFolder);
  const hosts = sessionFolder === null ? await engineHosts() : remembered === null ? [] : [remembered];
  if (hosts.length === 0) return [];
  const { answersAt, engineClient } = await import('./find-engine.ts');
  const answers = async (host: string): Promise<boolean> => await answersAt(host).catch(() => false); // not ours to read
  const answering = await Promise.all(hosts.map(async (host) => ((await answers(host)) ? [host] : [])));
  return answering.flat().map(engineClient);
}

/** True when it was there and is gone; what another one removed first is no error. */
async function removal(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 409) return false; // gone, or being removed
    throw error;
  }
}
