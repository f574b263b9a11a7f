// SPDX-License-Identifier: Apache-2.0

/** Kinds of gap, the default first. What an application sees in each: docs/profiles.md. */
export const PROFILES = ['no-route', 'drop', 'reject', 'trap', 'registry-only', 'proxy', 'diode'] as const;
export type Profile = (typeof PROFILES)[number];

/**
 * True where the node has a default route, which leads to the sink: what is sent outside becomes a packet on the link then.
 * Else it ends in the node's own routing, and only a frame that asks no routing is on the link.
 */
export function isRouted(profile: Profile): boolean {
  return profile !== 'no-route' && profile !== 'proxy';
}

/** True where the sink answers connections and says what they asked for: the observer `sink`. */
export function hasSink(profile: Profile): boolean {
  return profile === 'trap' || profile === 'proxy';
}

/** TCP port of the sink on which `trap` takes every connection; the original destination is kept (nft tproxy). */
export const TRAP_PORT = 9998;

/**
 * Profile `diode`: addresses of the sink from which packets come into the node, other ones at the start and at the end of a
 * run. Documentation ranges (RFC 5737, RFC 3849); no canary goes to them (observe/canary/plan.ts).
 */
export const DIODE_SENDERS = {
  start: { ipv4: '192.0.2.253', ipv6: '2001:db8::fd' },
  end: { ipv4: '192.0.2.254', ipv6: '2001:db8::fe' },
} as const;

/**
 * Where names lead to in `trap`: the ranges for tests of network devices (RFC 2544, RFC 5180). They are routed nowhere, no
 * site uses them, and no bundle has a reason to name them, so that an address out of them is one that the fake DNS gave.
 * The documentation ranges are not: examples and canaries are in them.
 */
export const NAME_RANGES = { ipv4: '198.18.0.0/15', ipv6: '2001:2::/48' } as const;
