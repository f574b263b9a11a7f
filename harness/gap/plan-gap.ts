// SPDX-License-Identifier: Apache-2.0
import type { ClusterNetwork } from '../core/cluster-network.ts';
import type { NamespaceSetup } from '../core/namespace.ts';
import { DIODE_SENDERS, isRouted, type Profile } from '../core/profile.ts';
import { PROXY } from '../core/proxy.ts';
import type { PlannedService } from '../core/site.ts';
import { planAnswers } from './answers.ts';
import { type GapPlan, planNoRoute } from './no-route.ts';

const SENDERS = Object.values(DIODE_SENDERS).flatMap(({ ipv4, ipv6 }) => [`${ipv4}/32`, `${ipv6}/128`]);

/**
 * The gap of a profile: that of `no-route`, and where the profile has one a default route of the node that ends in the
 * sink, with what the sink answers. Pure.
 *
 * @param cluster, services as in planNoRoute
 */
export function planGap(
  profile: Profile,
  cluster?: Pick<ClusterNetwork, 'pods' | 'services'>,
  services?: readonly Pick<PlannedService, 'name' | 'address'>[],
): GapPlan {
  const base = planNoRoute(cluster, services);
  if (profile === 'proxy')
    return { ...base, profile, sink: withAddresses(base.sink, [`${PROXY.address}/32`]) };
  if (!isRouted(profile)) return { ...base, profile };
  const { link } = base;
  const defaults = [`default via ${bare(link.sink4)}`, `::/0 via ${bare(link.sink6)}`];
  const routed = { ...link, nodeRoutes: [...link.nodeRoutes, ...defaults] };
  const sink = profile === 'diode' ? withAddresses(base.sink, SENDERS) : base.sink;
  return { ...base, profile, link: routed, sink, answers: planAnswers(profile, routed) };
}

/** Further addresses of the sink itself: on its loopback, so that it answers for them on every link. */
function withAddresses(sink: NamespaceSetup, addresses: readonly string[]): NamespaceSetup {
  return { ...sink, ip: [...sink.ip, ...addresses.map((address) => `address add ${address} dev lo`)] };
}

function bare(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'));
}
