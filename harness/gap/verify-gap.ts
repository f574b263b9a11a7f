// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';
import { observeHostReach } from './host-reach.ts';
import { judgeHostReach } from './judge-host-reach.ts';
import { type GapFact, type GapObservation, judgeGap } from './judge-gap.ts';
import { type ObservedNetwork, observeNetwork } from './observed-network.ts';
import { observeRules } from './observed-rules.ts';
import type { Gap } from './open-gap.ts';

/**
 * Looks at what the kernel really holds.
 *
 * @param options.pods as in GapObservation; with any, the node is no longer fresh
 * @returns every fact that was looked at, whether it holds or not
 * @throws HarnessError when it cannot be looked at
 */
export async function lookAtGap(
  node: RunningNode,
  gap: Gap,
  { pods = [] }: Pick<GapObservation, 'pods'> = {},
): Promise<GapFact[]> {
  const [reach, inNode, inSink, inWitness, sinkRules, resolvConf] = await Promise.all([
    observeHostReach(node, gap, { fresh: pods.length === 0 }),
    observeNetwork(node.vantage, node.vantage.netns),
    observeNetwork(gap.vantage, gap.netns.sink),
    observeNetwork(gap.vantage, gap.netns.witness),
    observeRules(gap.vantage, gap.netns.sink),
    node.exec(['cat', '/etc/resolv.conf']),
  ]);
  const services = new Map<string, ObservedNetwork>();
  for (const [name, netns] of gap.netns.services) {
    services.set(name, await observeNetwork(gap.vantage, netns));
  }
  const observed = { node: inNode, sink: inSink, witness: inWitness, services, sinkRules, pods };
  return [
    ...judgeGap(gap, { ...observed, resolvConf: resolvConf.stdout }),
    ...judgeHostReach(gap.plan, reach),
  ];
}

/**
 * The same before any workload of the bundle runs.
 *
 * @throws HarnessError (harness) when the gap is not closed; the message names what is wrong
 */
export async function verifyGap(...[node, gap, options]: Parameters<typeof lookAtGap>): Promise<GapFact[]> {
  const facts = await lookAtGap(node, gap, options);
  const wrong = facts.filter((fact) => fact.result === 'fail');
  if (wrong.length === 0) return facts;
  const list = wrong.map(({ what, found }) => `${what} (found: ${found})`).join('; ');
  throw new HarnessError(`the gap of node "${node.name}" is not closed, nothing was started in it: ${list}`, {
    code: 'harness',
    hint: 'run: npm run airgap -- doctor; then: npm run airgap -- sweep',
  });
}
