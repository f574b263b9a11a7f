// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { readAssets } from '../../../harness/core/assets.ts';
import type { PreparedNode, RunningNode } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import { openEngine } from '../../../harness/providers/container/engine.ts';
import { SESSION_LABEL } from '../../../harness/providers/container/labels.ts';
import { prepareContainerNode } from '../../../harness/providers/container/prepare.ts';
import { openSession, type Session } from '../../../harness/providers/session.ts';
import { remainsOf } from '../providers/remains.ts';
import { REPO_ROOT } from '../support/needs.ts';

export interface ContainerSite extends AsyncDisposable {
  readonly session: Session;
  readonly gap: Gap;
  readonly prepared: PreparedNode;
}

export interface SiteOptions {
  readonly memoryMiB?: number;
  readonly pids?: number;
  readonly binds?: readonly { readonly from: string; readonly to: string }[];
  readonly image?: string;
  /** As in ContainerOptions. */
  readonly network?: string;
  /** Name of the link inside the node, where a network of the engine takes the usual one. */
  readonly nodeInterface?: string;
}

/** Session, gap and a prepared node that is a container; disposing ends all of it. */
export async function openContainerSite(options: SiteOptions = {}): Promise<ContainerSite> {
  const { agent, nodeImage } = await readAssets(REPO_ROOT);
  const { memoryMiB = 512, pids = 512, binds = [], image = nodeImage, network, nodeInterface } = options;
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession({ outDir: tmpdir() }));
  const usual = planNoRoute();
  const link = nodeInterface === undefined ? usual.link : { ...usual.link, nodeInterface };
  const gap = stack.use(await openGap(session, { ...usual, link }));
  const { resolver } = usual;
  const spec = { name: 'n1', image, link, resolver, memoryMiB, pids, binds };
  const given = { agent, ...(network === undefined ? {} : { network }) };
  const prepared = stack.use(await prepareContainerNode(session, spec, given));
  const all = stack.move();
  return { session, gap, prepared, [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}

export async function bootContainerSite(
  options: SiteOptions = {},
): Promise<ContainerSite & { readonly node: RunningNode }> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await openContainerSite(options));
  const node = await site.prepared.boot();
  const all = stack.move();
  return { ...site, node, [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}

/** Containers and volumes of the engine that carry a session's label, or any session's (no id). */
export async function labelled(id?: string): Promise<string[]> {
  const { docker } = await openEngine();
  const filters = { label: [id === undefined ? SESSION_LABEL : `${SESSION_LABEL}=${id}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  return [...containers.map(({ Names: names }) => names.join()), ...volumes.map(({ Name: name }) => name)];
}

/** How many things carry the label of a session with one node: two containers, and its five volumes where the engine labels them. */
export async function partsOfANode(): Promise<number> {
  const { version } = await openEngine();
  return version.startsWith('Podman') ? 2 : 7;
}

/** References of all images of the engine. */
export async function images(): Promise<string[]> {
  const { docker } = await openEngine();
  return (await docker.listImages())
    .map(({ Id: id, RepoTags: tags }) => `${id} ${tags?.join() ?? ''}`)
    .toSorted();
}

/** All that a session may have left on this machine and in the engine. */
export async function allRemains(label: string): Promise<string[]> {
  return [...(await remainsOf(label)), ...(await labelled(label.slice('agr-'.length)))];
}
