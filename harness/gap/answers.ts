// SPDX-License-Identifier: Apache-2.0
import { type Profile, TRAP_PORT } from '../core/profile.ts';
import type { LinkPlan } from '../core/node.ts';

/** What the sink does with packets that want to leave the site: rules of its own network namespace. */
export interface SinkAnswers {
  /** A script of `nft -f`; empty: nothing is decided by rules, and what arrives meets a sink that forwards nothing. */
  readonly nft: string;
  /** Paths below /proc/sys => value, where the kernel has them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Lines of `ip -4 -batch` and `ip -6 -batch`. */
  readonly ip4: readonly string[];
  readonly ip6: readonly string[];
}

export const NO_ANSWERS: SinkAnswers = { nft: '', settings: {}, ip4: [], ip6: [] };

/**
 * Else br_netfilter asks the rules about a frame on the site's bridge before the bridge has handed it to the sink, and what
 * tproxy decided is forgotten on the way (measured on 6.18: the connection was refused).
 */
const NOT_ON_THE_BRIDGE = {
  'net/bridge/bridge-nf-call-iptables': '0',
  'net/bridge/bridge-nf-call-ip6tables': '0',
};

/** Name of the table that holds them; the ruleset of a sink has no other. */
export const SINK_TABLE = 'airgap';
const MARK = 1;
const ROUTING_TABLE = 100;

/** What stays on the link: never answered, never forwarded. */
const ON_LINK4 = ['224.0.0.0/24', '255.255.255.255'];
const ON_LINK6 = ['fe80::/10', 'ff01::/16', 'ff02::/16'];

/**
 * The rules of a profile. They stand before the routing decision, so that no packet for the outside is ever routed: that the
 * sink forwards nothing is a second lock on the same door.
 *
 * - drop, diode: silence.
 * - reject: RST for TCP, ICMP port unreachable for UDP, ICMP administratively prohibited for the rest.
 * - registry-only: ICMP administratively prohibited for everything, as a firewall with a list of what is allowed says it.
 * - trap: every TCP connection is accepted under its own destination (tproxy); questions to any DNS server reach the fake
 *   DNS; everything else is silence, and in the capture.
 */
export function planAnswers(profile: Profile, link: LinkPlan): SinkAnswers {
  const rules = rulesOf(profile);
  if (rules === null) return NO_ANSWERS;
  const device = link.sinkBridge ?? link.sinkInterface;
  const { site4, site6 } = siteRanges(link);
  const chain = [
    'type filter hook prerouting priority mangle; policy accept;',
    `iifname != "${device}" accept`,
    `ip daddr { ${[site4, ...ON_LINK4].join(', ')} } accept`,
    `ip6 daddr { ${[site6, ...ON_LINK6].join(', ')} } accept`,
    ...ofCluster(link),
    ...strangers(link),
    ...rules,
    'drop',
  ];
  const nat = profile === 'trap' ? dnsToSink(link, device) : [];
  const lines = [`table inet ${SINK_TABLE} {`, 'chain answer {', ...chain, '}', ...nat, '}'];
  return {
    nft: `${lines.join('\n')}\n`,
    settings: NOT_ON_THE_BRIDGE,
    ...(profile === 'trap' ? deliveredHere() : { ip4: [], ip6: [] }),
  };
}

/** How many rules the table has: what was really set up is compared with it. */
export function countRules({ nft }: SinkAnswers): number {
  const structure = /^(?:table |chain |type |\})/;
  return nft.split('\n').filter((line) => line !== '' && !structure.test(line)).length;
}

function rulesOf(profile: Profile): readonly string[] | null {
  switch (profile) {
    case 'no-route':
    case 'proxy':
      return null;
    case 'drop':
    case 'diode':
      return [];
    case 'reject':
      return [
        'meta l4proto tcp reject with tcp reset',
        'meta l4proto udp reject with icmpx type port-unreachable',
        'reject with icmpx type admin-prohibited',
      ];
    case 'registry-only':
      return ['reject with icmpx type admin-prohibited'];
    case 'trap':
      return [
        'meta l4proto { tcp, udp } th dport 53 accept',
        ...(['ip', 'ip6'] as const).map(
          (family) =>
            `meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'} meta l4proto tcp tproxy ${family} to :${TRAP_PORT} meta mark set ${MARK} accept`,
        ),
      ];
  }
}

/** Addresses of pods and Services that nobody has: inside the cluster's ranges, so nobody outside would answer for them. */
function ofCluster({ nodeRoutes, sinkRoutes = [] }: LinkPlan): string[] {
  const ranges = [...nodeRoutes, ...sinkRoutes].map((route) => route.split(' ')[0] ?? '');
  return ranges
    .filter((range) => range !== 'default' && range !== '::/0')
    .map((range) => `${range.includes(':') ? 'ip6' : 'ip'} daddr ${range} drop`);
}

/** A sender that is not of the site is not answered: the answer would have to go out to it. */
function strangers(link: LinkPlan): string[] {
  const { site4, site6 } = siteRanges(link);
  const pods = (link.sinkRoutes ?? []).map((route) => route.split(' ')[0] ?? '');
  const own4 = [site4, ...pods.filter((range) => !range.includes(':'))];
  const own6 = [site6, ...pods.filter((range) => range.includes(':'))];
  return [`ip saddr != { ${own4.join(', ')} } drop`, `ip6 saddr != { ${own6.join(', ')} } drop`];
}

/** Whatever DNS server is asked: its question reaches the fake DNS, and the answer comes from where it was asked. */
function dnsToSink({ sink4, sink6 }: LinkPlan, device: string): string[] {
  const { site4, site6 } = siteRanges({ sink4, sink6 });
  const question = 'meta l4proto { tcp, udp } th dport 53';
  return [
    'chain questions {',
    'type nat hook prerouting priority dstnat; policy accept;',
    `iifname "${device}" ip daddr != ${site4} ${question} dnat ip to ${bare(sink4)}`,
    `iifname "${device}" ip6 daddr != ${site6} ${question} dnat ip6 to ${bare(sink6)}`,
    '}',
  ];
}

/** A packet that tproxy marked is delivered to the sink's own socket, whatever its destination. */
function deliveredHere(): Pick<SinkAnswers, 'ip4' | 'ip6'> {
  const rule = `rule add fwmark ${MARK} lookup ${ROUTING_TABLE}`;
  return {
    ip4: [rule, `route add local 0.0.0.0/0 dev lo table ${ROUTING_TABLE}`],
    ip6: [rule, `route add local ::/0 dev lo table ${ROUTING_TABLE}`],
  };
}

/** The node network: the site itself (LinkPlan has /24 and /64). */
function siteRanges({ sink4, sink6 }: Pick<LinkPlan, 'sink4' | 'sink6'>): { site4: string; site6: string } {
  return {
    site4: sink4.replace(/\d+\/24$/, '0/24'),
    site6: sink6.replace(/::[0-9a-f]+\/64$/, '::/64'),
  };
}

function bare(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'));
}
