// SPDX-License-Identifier: Apache-2.0
import { BlockList } from 'node:net';
import type { LinkPlan } from '../core/node.ts';
import { countRules, SINK_TABLE } from './answers.ts';
import type { ObservedNetwork, Route } from './observed-network.ts';
import type { GapPlan } from './no-route.ts';

/** One thing that makes the gap a gap, and what was found. */
export interface GapFact {
  readonly id: string;
  readonly what: string;
  readonly result: 'pass' | 'fail';
  readonly found: string;
}

export interface GapObservation {
  readonly node: ObservedNetwork;
  readonly sink: ObservedNetwork;
  readonly witness: ObservedNetwork;
  /** Of each service of the site, by its name. */
  readonly services: ReadonlyMap<string, ObservedNetwork>;
  /** Rules of the sink, as `table: number of rules`. */
  readonly sinkRules: readonly string[];
  /** Text of the node's /etc/resolv.conf. */
  readonly resolvConf: string;
  /**
   * Ranges of the pods of a cluster that runs already, on a kernel of the node's own: bridges and links made there lead to
   * them and nowhere else. @default none: nothing runs yet
   */
  readonly pods?: readonly string[];
}

/** What each part of a gap must be, against what it is. Pure. */
export function judgeGap(
  { plan, forwarding }: { readonly plan: GapPlan; readonly forwarding: boolean },
  { node, sink, witness, services, sinkRules, resolvConf, pods = [] }: GapObservation,
): GapFact[] {
  const { link } = plan;
  const resolvers = parseResolvers(resolvConf);
  const ofCluster = clusterDevices(node, link, pods);
  return [
    defaultFact(4, node, link),
    defaultFact(6, node, link),
    fact(
      'node-routes',
      'the node has no route but those of its link',
      unicast(node)
        .filter((route) => !isOwnRoute(route, link) && !isPodRoute(route, ofCluster, pods))
        .map(show),
      [],
    ),
    fact(
      'node-interfaces',
      'the node has no interface but its link',
      up(node).filter((name) => !ofCluster.has(name)),
      [link.nodeInterface],
    ),
    fact(
      'sink-interfaces',
      services.size === 0
        ? 'the sink has no interface but the node’s link and the one to the witness'
        : 'the sink has no interface but the node’s link, the site’s bridge with its services, and the one to the witness',
      up(sink),
      [
        link.sinkInterface,
        link.sinkUplink,
        ...(link.sinkBridge === undefined ? [] : [link.sinkBridge]),
        ...plan.services.map(({ port }) => port),
      ],
    ),
    ...plan.services.flatMap(({ name, device }) => judgeService(name, device, services.get(name))),
    fact('witness-interfaces', 'the witness has no way on', up(witness), [link.witnessInterface]),
    fact(
      'witness-routes',
      'the witness has no default route',
      [...defaults(witness, 4), ...defaults(witness, 6)],
      [],
    ),
    // On deliberately, it is for the witness to tell.
    ...(forwarding ? [] : [fact('sink-forwarding', 'the sink forwards nothing', forwardings(sink), [])]),
    fact('sink-rules', 'the sink answers as the profile says', sinkRules, plannedRules(plan)),
    fact('node-resolver', 'the node’s only resolver is the fake DNS', resolvers, [plan.resolver]),
  ];
}

/** No default route, or the planned one, which ends in the sink. */
function defaultFact(family: 4 | 6, node: ObservedNetwork, link: LinkPlan): GapFact {
  const wanted = plannedRoutes(link)
    .filter(({ dst, gateway }) => dst === 'default' && gateway?.includes(':') === (family === 6))
    .map(({ dst, gateway }) => `${dst} via ${gateway} dev ${link.nodeInterface}`);
  const what =
    wanted.length === 0
      ? `the node has no IPv${family} default route`
      : `the node’s one IPv${family} default route leads to the sink`;
  return fact(`node-default-route-ipv${family}`, what, defaults(node, family), wanted);
}

function plannedRules({ answers }: GapPlan): string[] {
  const rules = countRules(answers);
  return rules === 0 ? [] : [`${SINK_TABLE}: ${rules}`];
}

/** A service reaches the site's network and nothing behind it. */
function judgeService(name: string, device: string, network: ObservedNetwork | undefined): GapFact[] {
  const what = `the service “${name}” of the site`;
  if (network === undefined) return [fact(`service-${name}`, `${what} has a namespace`, ['none'], [])];
  return [
    fact(`service-${name}-interfaces`, `${what} has no interface but its link`, up(network), [device]),
    fact(
      `service-${name}-routes`,
      `${what} has no default route`,
      [...defaults(network, 4), ...defaults(network, 6)],
      [],
    ),
    fact(`service-${name}-forwarding`, `${what} forwards nothing`, forwardings(network), []),
  ];
}

/** Holds when what was found is what is wanted, in whatever order. */
export function fact(id: string, what: string, found: readonly string[], wanted: readonly string[]): GapFact {
  const [is, should] = [found, wanted].map((list) => list.toSorted().join(', '));
  return {
    id,
    what,
    result: is === should ? 'pass' : 'fail',
    found: is === '' || is === undefined ? 'none' : is,
  };
}

/** Only `unicast` routes lead away; `local`, `broadcast`, `multicast`, `unreachable` do not. */
function unicast(network: ObservedNetwork): Route[] {
  return network.routes.filter((route) => route.type === 'unicast' && route.dev !== 'lo');
}

function defaults(network: ObservedNetwork, family: 4 | 6): string[] {
  return unicast(network)
    .filter((route) => route.family === family && (route.dst === 'default' || route.dst.endsWith('/0')))
    .map(show);
}

function isOwnRoute({ dst, dev, gateway }: Route, link: LinkPlan): boolean {
  if (dev !== link.nodeInterface) return false;
  const connected = [link.node4, link.node6].map(networkOf);
  if (gateway === null && [...connected, 'fe80::/64'].includes(dst)) return true;
  return plannedRoutes(link).some((route) => route.dst === dst && route.gateway === gateway);
}

/** What `ip route add` was told, as the kernel tells it back. */
function plannedRoutes({ nodeRoutes }: LinkPlan): Pick<Route, 'dst' | 'gateway'>[] {
  return nodeRoutes.map((route) => {
    const [dst = '', word, gateway = null] = route.split(' ');
    return { dst: dst === '::/0' ? 'default' : dst, gateway: word === 'via' ? gateway : null };
  });
}

/** Names of what a cluster that runs has made itself. */
function clusterDevices(
  { interfaces }: ObservedNetwork,
  link: LinkPlan,
  pods: readonly string[],
): ReadonlySet<string> {
  if (pods.length === 0) return new Set();
  const made = interfaces.filter(({ name, kind }) => kind !== null && name !== link.nodeInterface);
  return new Set(made.map(({ name }) => name));
}

function isPodRoute(
  { dst, dev, gateway, family }: Route,
  devices: ReadonlySet<string>,
  pods: readonly string[],
): boolean {
  if (gateway !== null || dev === null || !devices.has(dev) || dst === 'default') return false;
  const [address = '', prefix = family === 4 ? '32' : '128'] = dst.split('/');
  return [...pods, 'fe80::/64'].some((range) => {
    const [network = '', shorter = ''] = range.split('/');
    if (network.includes(':') !== (family === 6) || Number(prefix) < Number(shorter)) return false;
    const inside = new BlockList();
    inside.addSubnet(network, Number(shorter), family === 6 ? 'ipv6' : 'ipv4');
    return inside.check(address, family === 6 ? 'ipv6' : 'ipv4');
  });
}

/** Network of an address with prefix: enough for /24 and /64, which is what link plans use. */
function networkOf(cidr: string): string {
  return cidr.replace(/\.\d+\/24$/, '.0/24').replace(/::[0-9a-f]+\/64$/, '::/64');
}

/** Interfaces that are up; the kernel's own tunnel devices (tunl0, sit0) are in every namespace, and down. */
function up(network: ObservedNetwork): string[] {
  return network.interfaces.filter((entry) => entry.up && entry.name !== 'lo').map((entry) => entry.name);
}

function forwardings({ forwarding4, forwarding6 }: ObservedNetwork): string[] {
  return [...(forwarding4 ? ['IPv4 forwarding'] : []), ...(forwarding6 ? ['IPv6 forwarding'] : [])];
}

function show({ dst, gateway, dev }: Route): string {
  return `${dst}${gateway === null ? '' : ` via ${gateway}`}${dev === null ? '' : ` dev ${dev}`}`;
}

function parseResolvers(resolvConf: string): string[] {
  return resolvConf.split('\n').flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
}
