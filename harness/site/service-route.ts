// SPDX-License-Identifier: Apache-2.0
import type { LinkPlan } from '../core/node.ts';

/**
 * What a run says of the routes that it gave the node: one limit, or none. K3s asks for a default route, a black hole at least,
 * so that the node's own processes reach ClusterIPs (https://docs.k3s.io/installation/airgap, "Default Network Route"); in a
 * gap there is none, and a route for the Services does the same. It is no file, so it is not among the added ones.
 */
export function serviceRouteLimit(
  link: Pick<LinkPlan, 'nodeRoutes' | 'nodeInterface'>,
): readonly { readonly id: 'service-route'; readonly message: string }[] {
  const hasDefault = link.nodeRoutes.some((route) => /^(?:default|::\/0) /.test(route));
  if (link.nodeRoutes.length === 0 || hasDefault) return [];
  const ranges = link.nodeRoutes.map((route) => `${route.split(' ')[0]} dev ${link.nodeInterface}`);
  const limit = {
    id: 'service-route',
    message: `The node has no default route, so the harness gave it one for the cluster's Services (${ranges.join(', ')}). Without it processes of the node reach no ClusterIP: nodes of the site need the same, or a default route, if only into a black hole.`,
  } as const;
  return [limit];
}
