// SPDX-License-Identifier: Apache-2.0
import { type ClusterNetwork, DEFAULT_NETWORK } from '../core/cluster-network.ts';
import type { NamespaceSetup } from '../core/namespace.ts';
import type { LinkPlan } from '../core/node.ts';
import type { Profile } from '../core/profile.ts';
import type { PlannedService } from '../core/site.ts';
import { NO_ANSWERS, type SinkAnswers } from './answers.ts';
import { planServiceLinks, type ServiceLink, SITE_BRIDGE, siteBridge } from './site-network.ts';

/** Everything about a gap before anything of it exists: pure data. */
export interface GapPlan {
  readonly profile: Profile;
  readonly link: LinkPlan;
  /** Address of the fake DNS, for a node's resolv.conf. */
  readonly resolver: string;
  readonly sink: NamespaceSetup;
  readonly witness: NamespaceSetup;
  /** What the sink does with what wants to leave. */
  readonly answers: SinkAnswers;
  /** One namespace for each service of the site, each a port of the sink's bridge. */
  readonly services: readonly ServiceLink[];
}

const SINK_TO_WITNESS = {
  sink4: '10.98.0.1/30',
  witness4: '10.98.0.2/30',
  sink6: 'fd98::1/64',
  witness6: 'fd98::2/64',
  /** Locally administered. */
  witnessMac: '02:61:67:00:00:01',
} as const;

/**
 * Profile `no-route`: a node with a link and nothing behind it. The link ends in the sink, which forwards nothing; its
 * default routes lead to the witness, so that with forwarding on whatever the node sends outside would arrive there.
 *
 * @param cluster ranges of the node's Services and pods, as CIDR @default K3s's own
 * @param services what the site offers; with none there is no bridge, and the link ends in the sink itself @default none
 */
export function planNoRoute(
  cluster: Pick<ClusterNetwork, 'pods' | 'services'> = DEFAULT_NETWORK,
  services: readonly Pick<PlannedService, 'name' | 'address'>[] = [],
): GapPlan {
  const node4 = '10.99.0.1';
  const node6 = 'fd99::1';
  const nodeOf = (range: string): string => (range.includes(':') ? node6 : node4);
  const link: LinkPlan = {
    node4: `${node4}/24`,
    node6: `${node6}/64`,
    sink4: '10.99.0.2/24',
    sink6: 'fd99::2/64',
    nodeInterface: 'eth0',
    sinkInterface: 'node0',
    sinkUplink: 'up0',
    ...(services.length === 0 ? {} : { sinkBridge: SITE_BRIDGE }),
    witnessInterface: 'eth0',
    // Without it a ClusterIP connect from the node fails with ENETUNREACH before the service's rules see it.
    nodeRoutes: cluster.services.map((range) => `${range} src ${nodeOf(range)}`),
    sinkRoutes: cluster.pods.map((range) => `${range} via ${nodeOf(range)}`),
  };
  return {
    profile: 'no-route',
    link,
    resolver: '10.99.0.2',
    sink: sinkSetup(link),
    witness: witnessSetup(link),
    answers: NO_ANSWERS,
    services: planServiceLinks(services),
  };
}

/**
 * The same gap with its sink forwarding to the witness: a deliberate fault. It proves that the witness would see a leak,
 * so that "nothing got out" is a check that can fail. Nothing is answered then: an answer would hide what the fault lets out.
 */
export function withForwarding(plan: GapPlan): GapPlan {
  const sysctls = { ...plan.sink.sysctls, ...forwarding('1') };
  return { ...plan, sink: { ...plan.sink, sysctls }, answers: NO_ANSWERS };
}

function sinkSetup(link: LinkPlan): NamespaceSetup {
  const { sinkUplink } = link;
  const { sink4, sink6, witness4, witness6, witnessMac } = SINK_TO_WITNESS;
  return {
    sysctls: {
      ...forwarding('0'),
      'net/ipv4/icmp_ratelimit': '0',
      'net/ipv6/icmp/ratelimit': '0',
      ...quiet(sinkUplink),
    },
    ip: [
      'link set lo up',
      `link set ${sinkUplink} addrgenmode none`,
      `address add ${sink4} dev ${sinkUplink}`,
      `address add ${sink6} dev ${sinkUplink} nodad`,
      // Neighbour discovery for a packet of somebody else's needs one: without it forwarded IPv6 never reaches the witness.
      `address add fe80::1/64 dev ${sinkUplink} nodad`,
      `link set ${sinkUplink} up`,
      // Known for good: else the kernel asks the witness whether it is there each time somebody sends to the outside.
      `neighbour add ${bare(witness6)} lladdr ${witnessMac} dev ${sinkUplink} nud permanent`,
      `route add default via ${bare(witness4)} dev ${sinkUplink}`,
      `route add ::/0 via ${bare(witness6)} dev ${sinkUplink}`,
      ...(link.sinkBridge === undefined ? [] : siteBridge(link.sinkBridge, link)),
    ],
  };
}

function witnessSetup({ witnessInterface }: LinkPlan): NamespaceSetup {
  const { witness4, witness6, witnessMac } = SINK_TO_WITNESS;
  return {
    sysctls: { ...forwarding('0'), ...quiet(witnessInterface) },
    ip: [
      'link set lo up',
      `link set ${witnessInterface} addrgenmode none`,
      `link set ${witnessInterface} address ${witnessMac}`,
      `address add ${witness4} dev ${witnessInterface}`,
      `address add ${witness6} dev ${witnessInterface} nodad`,
      `link set ${witnessInterface} up`,
    ],
  };
}

/** Said in both cases: a new namespace copies IPv4 settings from the host, where forwarding may be on. */
function forwarding(value: '0' | '1'): NamespaceSetup['sysctls'] {
  return {
    'net/ipv4/ip_forward': value,
    'net/ipv4/conf/default/forwarding': value,
    'net/ipv6/conf/all/forwarding': value,
    'net/ipv6/conf/default/forwarding': value,
  };
}

/** Stops what an interface says of its own accord: a quiet run must show the witness not a single packet. */
function quiet(device: string): NamespaceSetup['sysctls'] {
  const ipv6 = `net/ipv6/conf/${device}`; // `default` would come too late: the interface is there already
  return {
    'net/ipv4/conf/all/rp_filter': '0',
    [`net/ipv4/conf/${device}/rp_filter`]: '0',
    [`${ipv6}/accept_ra`]: '0',
    [`${ipv6}/router_solicitations`]: '0',
    [`${ipv6}/dad_transmits`]: '0',
    // Group memberships are reported twice; at once, not up to a second apart, they are over before anybody looks.
    [`${ipv6}/mldv2_unsolicited_report_interval`]: '1',
  };
}

function bare(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'));
}
