// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAssets } from '../../../harness/core/assets.ts';
import { clockOf, startClock } from '../../../harness/core/clock.ts';
import type { NodeService, RunningNode } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { type Gap, openGap } from '../../../harness/gap/open-gap.ts';
import type { ObserverOptions } from '../../../harness/observe/options.ts';
import { openSession, type Session } from '../../../harness/providers/session.ts';
import { prepareVmNode, type VmOptions } from '../../../harness/providers/vm/prepare.ts';
import type { VmNode } from '../../../harness/providers/vm/vm-node.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';
import { REPO_ROOT } from '../support/needs.ts';

export interface VmSite extends AsyncDisposable {
  readonly session: Session;
  readonly gap: Gap;
  readonly node: VmNode;
  readonly log: MemoryLog;
  /** For observers of the node, and of the sink. */
  readonly atNode: ObserverOptions;
  readonly atSink: ObserverOptions;
}

export interface VmSiteOptions extends VmOptions {
  /** Folder of a prepared cloud image. @default setup's own disk */
  readonly image?: string;
  readonly service?: NodeService;
  /** Folder of saved machines. @default setup's */
  readonly saved?: string;
  /** As in NodeSpec. */
  readonly clockAheadMs?: number;
  readonly diskMiB?: number;
}

/** Session, gap and a virtual machine that waits at its gate. */
export async function openVmSite({
  image,
  service,
  saved,
  clockAheadMs = 0,
  diskMiB,
  ...options
}: VmSiteOptions = {}): Promise<VmSite> {
  await using stack = new AsyncDisposableStack();
  const assets = await readAssets(REPO_ROOT);
  const { vm } = assets;
  const outDir = await mkdtemp(join(tmpdir(), 'airgap-vm-'));
  stack.defer(async () => await rm(outDir, { recursive: true }));
  const session = stack.use(await openSession({ outDir }));
  const gap = stack.use(await openGap(session, planNoRoute()));
  const spec = {
    name: 'n1',
    image: image ?? assets.nodeImage,
    link: gap.link,
    resolver: '10.99.0.2',
    memoryMiB: 512,
    pids: 512,
    clockAheadMs,
    ...(diskMiB === undefined ? {} : { diskMiB }),
    binds: [{ from: join(REPO_ROOT, 'package.json'), to: '/opt/bound/package.json' }],
    ...(service === undefined ? {} : { service }),
  };
  const made = { ...assets, ...(vm === undefined ? {} : { vm: { ...vm, saved: saved ?? vm.saved } }) };
  const node = stack.use(await prepareVmNode(session, spec, made, options));
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());
  const shared = { log, node: 'n1', outDir, inside: INSIDE };
  const all = stack.move();
  return {
    session,
    gap,
    node,
    log,
    atNode: { ...shared, vantage: node.vantage, clock: clockOf(node.vantage.clock, clock) },
    atSink: { ...shared, vantage: gap.vantage, clock },
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

/** Runs a shell script in a node; the text it wrote. Throws when it fails. */
export async function sh(node: Pick<RunningNode, 'exec'>, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await node.exec(['sh', '-ec', script]);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return stdout.trim();
}
