// SPDX-License-Identifier: Apache-2.0
import type { ClusterNetwork } from '../core/cluster-network.ts';
import { isRouted, type Profile } from '../core/profile.ts';
import type { PlannedService } from '../core/site.ts';
import { planAnswers } from './answers.ts';
import { type GapPlan, planNoRoute } from './no-route.ts';

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
  if (!isRouted(profile)) return { ...base, profile };
  const { link } = base;
  const defaults = [`default via ${bare(link.sink4)}`, `::/0 via ${bare(link.sink6)}`];
  const routed = { ...link, nodeRoutes: [...link.nodeRoutes, ...defaults] };
  return { ...base, profile, link: routed, answers: planAnswers(profile, routed) };
}

function bare(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'));
}
