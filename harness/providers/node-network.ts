// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { CommandRunner } from '../core/command.ts';
import {
  configureNamespace,
  ipBatch,
  type NamespaceSetup,
  netnsPath,
  waitUntilUp,
} from '../core/namespace.ts';
import type { LinkPlan } from '../core/node.ts';
import { runOrThrow } from '../core/runner.ts';

/** Names of the two network namespaces that a node's link joins. */
export interface LinkEnds {
  readonly node: string;
  readonly sink: string;
}

/** `ip` commands on the machine: a link between the two namespaces, which stand already. */
export function planLink(ends: LinkEnds, link: LinkPlan): string[] {
  return [
    `link add ${link.nodeInterface} netns ${ends.node} type veth peer name ${link.sinkInterface} netns ${ends.sink}`,
  ];
}

/**
 * Makes the link from a node's network namespace into the sink's, both of which have names, and waits until it carries.
 * Throws HarnessError.
 */
export async function makeLink(runner: CommandRunner, ends: LinkEnds, link: LinkPlan): Promise<void> {
  await ipBatch(runner, planLink(ends, link));
  await Promise.all([
    configureNamespace(runner, ends.node, planNodeSide(link)),
    configureNamespace(runner, ends.sink, planSinkSide(link)),
  ]);
  await Promise.all([
    waitUntilUp(runner, ends.node, link.nodeInterface),
    waitUntilUp(runner, ends.sink, link.sinkInterface),
  ]);
}

/** The node's side. There is no default route unless the plan names one. */
export function planNodeSide(link: LinkPlan): NamespaceSetup {
  return {
    sysctls: {
      // A container engine switches IPv6 off where it gives no network.
      'net/ipv6/conf/all/disable_ipv6': '0',
      'net/ipv6/conf/default/disable_ipv6': '0',
      'net/ipv4/ip_forward': '1',
      'net/ipv6/conf/all/forwarding': '1',
      // A router that answers a node's solicitation would be a way out.
      'net/ipv6/conf/all/accept_ra': '0',
      'net/ipv6/conf/default/accept_ra': '0',
      [`net/ipv6/conf/${link.nodeInterface}/accept_ra`]: '0', // made before `default` was set
      // A new namespace copies these two from the host; a node must not depend on it.
      'net/ipv4/conf/all/rp_filter': '0',
      'net/ipv4/conf/default/rp_filter': '0',
      [`net/ipv4/conf/${link.nodeInterface}/rp_filter`]: '0',
      // Else a pod's second attempt to an unreachable address waits seven seconds for its error.
      'net/ipv4/icmp_ratelimit': '0',
      'net/ipv6/icmp/ratelimit': '0',
    },
    ip: ['link set lo up', ...addressLines(link)],
  };
}

/** The sink's side of the link: with addresses of its own, or a port of the bridge that has them. */
export function planSinkSide(link: LinkPlan): NamespaceSetup {
  const { sinkInterface: port, sinkBridge: bridge } = link;
  const routes = (link.sinkRoutes ?? []).map((route) => `route add ${route} dev ${bridge ?? port}`);
  if (bridge !== undefined) {
    return { sysctls: {}, ip: [`link set ${port} master ${bridge}`, `link set ${port} up`, ...routes] };
  }
  return {
    sysctls: {},
    ip: [
      `address add ${link.sink4} dev ${port}`,
      `address add ${link.sink6} dev ${port} nodad`,
      `link set ${port} up`,
      ...routes,
    ],
  };
}

/** What takes a node's link back to the state of a machine that was just switched on: every route on it goes as well. */
export function planAgain(link: LinkPlan): NamespaceSetup {
  const device = link.nodeInterface;
  return {
    sysctls: planNodeSide(link).sysctls,
    ip: [`link set ${device} down`, `address flush dev ${device}`, ...addressLines(link)],
  };
}

const interfaces = z.array(z.object({ ifname: z.string() }));

// One interface's end may take another's with it, and some (tunl0) cannot be removed: what is left is looked at after.
const CLEAR = 'for name in "$@"; do ip link delete "$name" 2>/dev/null || :; done; exec nft flush ruleset';

/**
 * Gives a node that is started again the network of a machine that was switched on: no bridge, no pod's link, no rule of
 * before. The link to the sink stays, and with it the captures on it. Throws HarnessError.
 */
export async function resetNetwork(runner: CommandRunner, netns: string, link: LinkPlan): Promise<void> {
  const enter = ['nsenter', `--net=${netnsPath(netns)}`, '--'];
  const shown = await runOrThrow(runner, [...enter, 'ip', '-json', 'link', 'show']);
  const names = interfaces.parse(JSON.parse(shown)).map((entry) => entry.ifname);
  const others = names.filter((name) => name !== 'lo' && name !== link.nodeInterface);
  await runOrThrow(runner, [...enter, 'sh', '-c', CLEAR, 'sh', ...others]);
  await configureNamespace(runner, netns, planAgain(link));
  await waitUntilUp(runner, netns, link.nodeInterface);
}

function addressLines(link: LinkPlan): string[] {
  const device = link.nodeInterface;
  return [
    `address add ${link.node4} dev ${device}`,
    `address add ${link.node6} dev ${device} nodad`,
    `link set ${device} up`,
    ...link.nodeRoutes.map((route) => `route add ${route} dev ${device}`),
  ];
}
