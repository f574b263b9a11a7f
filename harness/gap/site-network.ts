// SPDX-License-Identifier: Apache-2.0
import type { NamespaceSetup } from '../core/namespace.ts';
import type { LinkPlan } from '../core/node.ts';
import type { PlannedService } from '../core/site.ts';

/** Where a service of the site joins its network: a namespace of its own, one link, a port of the sink's bridge. */
export interface ServiceLink {
  readonly name: string;
  /** Interface in the sink, and in the service's own namespace. */
  readonly port: string;
  readonly device: string;
  /** In the sink. */
  readonly inSink: NamespaceSetup;
  /** In the service's namespace. */
  readonly own: NamespaceSetup;
}

/** The bridge in the sink. */
export const SITE_BRIDGE = 'site0';
/** The bridge keeps one address whatever joins it: a virtual machine that was saved remembers the sink's. */
const BRIDGE_ADDRESS = '02:61:67:00:00:02';
/** Length of the node network's prefix (LinkPlan.node4). */
const PREFIX = 24;

/**
 * Lines of `ip` in the sink for the site's own network: one link layer for the node and the services, with the sink's
 * addresses on it. The sink still forwards no packet: what the bridge passes on is frames between its ports, and behind
 * each of them a network ends. No spanning tree, no multicast snooping: the bridge itself says nothing.
 */
export function siteBridge(name: string, { sink4, sink6 }: Pick<LinkPlan, 'sink4' | 'sink6'>): string[] {
  return [
    `link add ${name} address ${BRIDGE_ADDRESS} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${name} addrgenmode none`,
    `address add ${sink4} dev ${name}`,
    `address add ${sink6} dev ${name} nodad`,
    `link set ${name} up`,
  ];
}

/** The links of the site's services. IPv4 alone: nothing speaks of its own accord then. */
export function planServiceLinks(
  services: readonly Pick<PlannedService, 'name' | 'address'>[],
): ServiceLink[] {
  return services.map(({ name, address }, index) => {
    const port = `svc${index}`;
    const device = 'eth0';
    return {
      name,
      port,
      device,
      inSink: {
        sysctls: { [`net/ipv6/conf/${port}/disable_ipv6`]: '1' },
        ip: [`link set ${port} master ${SITE_BRIDGE}`, `link set ${port} up`],
      },
      own: {
        sysctls: {
          'net/ipv4/ip_forward': '0',
          'net/ipv4/conf/default/forwarding': '0',
          'net/ipv6/conf/all/forwarding': '0',
          'net/ipv6/conf/all/disable_ipv6': '1',
          'net/ipv6/conf/default/disable_ipv6': '1',
          'net/ipv4/conf/all/rp_filter': '0',
        },
        ip: ['link set lo up', `address add ${address}/${PREFIX} dev ${device}`, `link set ${device} up`],
      },
    };
  });
}
