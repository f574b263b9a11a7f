// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Assets, readAssets } from '../../../harness/core/assets.ts';
import { startClock } from '../../../harness/core/clock.ts';
import type { PreparedNode } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import type { ObserverOptions } from '../../../harness/observe/options.ts';
import { prepareNetnsNode } from '../../../harness/providers/netns/prepare.ts';
import { openSession } from '../../../harness/providers/session.ts';
import { REPO_ROOT } from '../support/needs.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';

/** A real node of the netns provider behind a real gap; its launcher waits. */
export interface RealNode extends AsyncDisposable {
  readonly assets: Assets;
  readonly label: string;
  readonly gap: Gap;
  readonly log: MemoryLog;
  readonly options: ObserverOptions;
  readonly prepared: PreparedNode;
}

const IMAGES = '/var/lib/rancher/k3s/agent/images';

export async function realNode(): Promise<RealNode> {
  await using stack = new AsyncDisposableStack();
  const assets = await readAssets(REPO_ROOT);
  const outDir = await mkdtemp(join(tmpdir(), 'airgap-observe-'));
  stack.defer(async () => await rm(outDir, { recursive: true }));
  const session = stack.use(await openSession({ outDir }));
  const gap = stack.use(await openGap(session, planNoRoute()));
  const archives = [...assets.k3s.images, assets.canaryImage];
  const prepared = stack.use(
    await prepareNetnsNode(
      session,
      {
        name: 'n1',
        image: assets.nodeImage,
        link: gap.link,
        resolver: '10.99.0.2',
        memoryMiB: 4096,
        pids: 8192,
        binds: [
          { from: assets.k3s.binary, to: '/usr/local/bin/k3s' },
          ...archives.map((from) => ({ from, to: `${IMAGES}/${basename(from)}` })),
        ],
      },
      { agent: assets.agent },
    ),
  );
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());
  const made = stack.move();
  return {
    assets,
    label: session.label,
    gap,
    log,
    prepared,
    options: { log, clock, node: 'n1', vantage: prepared.vantage, outDir, inside: INSIDE },
    [Symbol.asyncDispose]: async () => await made.disposeAsync(),
  };
}
