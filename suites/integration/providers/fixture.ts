// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { type Assets, readAssets } from '../../../harness/core/assets.ts';
import type { NodeService, PreparedNode, RunningNode } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import { makeProvider } from '../../../harness/providers/make-provider.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';
import { openSession, type Session } from '../../../harness/providers/session.ts';
import { REPO_ROOT } from '../support/needs.ts';

export interface TestSite extends AsyncDisposable {
  readonly session: Session;
  readonly gap: Gap;
  readonly prepared: PreparedNode;
}

export interface TestNode extends TestSite {
  readonly node: RunningNode;
}

export interface SiteOptions {
  /** @default netns */
  readonly provider?: ProviderId;
  readonly memoryMiB?: number;
  readonly pids?: number;
  readonly binds?: readonly { readonly from: string; readonly to: string }[];
  readonly image?: string;
  readonly forwarding?: boolean;
  /** A node that boots from nothing also where a provider could go on from a saved one. @default false */
  readonly cold?: boolean;
}

/** Nothing more than a node that is up: an emulated machine needs half a minute to come that far, and five seconds to go on. */
const UP: NodeService = { key: 'up', start: async () => await Promise.resolve() };

/** Session, gap and a prepared node; disposing ends all of it. */
export async function openSite(options: SiteOptions = {}): Promise<TestSite> {
  const assets = await programs();
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession({ outDir: tmpdir() }));
  const plan = planNoRoute();
  const gap = stack.use(await openGap(session, plan, { forwarding: options.forwarding ?? false }));
  const spec = {
    name: 'n1',
    image: options.image ?? assets.nodeImage,
    link: gap.link,
    resolver: plan.resolver,
    memoryMiB: options.memoryMiB ?? 512,
    pids: options.pids ?? 512,
    binds: options.binds ?? [],
    ...(options.cold === true ? {} : { service: UP }),
  };
  const prepared = stack.use(await makeProvider(options.provider ?? 'netns', assets).prepare(session, spec));
  const all = stack.move();
  return { session, gap, prepared, [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}

export async function bootSite(options: SiteOptions = {}): Promise<TestNode> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await openSite(options));
  const node = await site.prepared.boot();
  const all = stack.move();
  return { ...site, node, [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}

/** What setup made; two variables replace it while the programs themselves are worked on. */
async function programs(): Promise<Assets> {
  const assets = await readAssets(REPO_ROOT);
  const { AIRGAP_TEST_AGENT: agent, AIRGAP_TEST_NODE_IMAGE: nodeImage } = process.env;
  return { ...assets, agent: agent ?? assets.agent, nodeImage: nodeImage ?? assets.nodeImage };
}

/** Runs a shell script in a node; the text it wrote, without the final newline. Throws when it fails. */
export async function sh(node: RunningNode, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await node.exec(['sh', '-ec', script]);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return stdout.replace(/\n$/, '');
}
