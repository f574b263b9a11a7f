// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readAssets } from '../../../harness/core/assets.ts';
import type { LinkPlan, RunningNode } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { openGap } from '../../../harness/gap/open-gap.ts';
import { prepareNetnsNode } from '../../../harness/providers/netns/prepare.ts';
import { openSession } from '../../../harness/providers/session.ts';
import { REPO_ROOT } from '../support/needs.ts';

export const K3S = '/usr/local/bin/k3s';
export const DATA_DIR = '/var/lib/rancher/k3s';

/** A node with the K3s under test in it (AIRGAP_K3S, else the stand-in) and its own images; nothing has run yet. */
export async function contractNode(
  stack: AsyncDisposableStack,
): Promise<{ node: RunningNode; link: LinkPlan }> {
  const assets = await readAssets(REPO_ROOT);
  const given = process.env['AIRGAP_K3S'];
  const binary = given === undefined ? assets.k3s.binary : resolve(given);
  const archives =
    given === undefined
      ? assets.k3s.images
      : (await readdir(dirname(binary)))
          .filter((name) => name.startsWith('k3s-airgap-images'))
          .map((name) => join(dirname(binary), name));
  const session = stack.use(await openSession({ outDir: REPO_ROOT }));
  const gap = stack.use(await openGap(session, planNoRoute()));
  const spec = {
    name: 'n1',
    image: assets.nodeImage,
    link: gap.link,
    resolver: '10.99.0.2',
    memoryMiB: 4096,
    pids: 8192,
    binds: [
      { from: binary, to: K3S },
      ...archives.map((from) => ({ from, to: `${DATA_DIR}/agent/images/${basename(from)}` })),
    ],
  };
  const prepared = stack.use(await prepareNetnsNode(session, spec, { agent: assets.agent }));
  return { node: stack.use(await prepared.boot()), link: gap.link };
}

/** Asks again until `holds`, at most for `seconds`; the last answer is what a test then shows. */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (holds(answer) || performance.now() > until) return answer;
    await new Promise((wake) => setTimeout(wake, 250));
  }
}
