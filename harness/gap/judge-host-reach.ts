// SPDX-License-Identifier: Apache-2.0
import type { Profile } from '../core/profile.ts';
import { TRAP_PORT } from '../core/profile.ts';
import { PROXY } from '../core/proxy.ts';
import type { HostReach } from './host-reach.ts';
import { fact, type GapFact } from './judge-gap.ts';
import type { GapPlan } from './no-route.ts';

const DNS_PORT = 53;
/** Ports of the sink on which something stands by the profile's promise, beside the fake DNS. */
const PROMISED: Partial<Record<Profile, number>> = { trap: TRAP_PORT, proxy: PROXY.port };

/** That nothing of this machine is reached from the node, and that nobody shows it a way. Pure. */
export function judgeHostReach(
  { profile, link }: Pick<GapPlan, 'profile' | 'link'>,
  { addresses, listeners, variables, sockets, abstract }: HostReach,
): GapFact[] {
  const allowed = new Set([DNS_PORT, PROMISED[profile]]);
  const others = addresses.filter(({ device }) => device !== null && device !== link.nodeInterface);
  return [
    fact(
      'host-addresses',
      `no address of this machine is reached but by the link, which ends in the sink (${addresses.length} looked up)`,
      others.map(({ address, device }) => `${address} dev ${device}`),
      [],
    ),
    fact(
      'gateway-services',
      'nothing listens at the node’s gateway but what the site promises',
      listeners.filter((listener) => !allowed.has(Number(/\d+$/.exec(listener)?.[0]))),
      [],
    ),
    fact(
      'proxy-variables',
      'no proxy variable comes into the node from outside',
      profile === 'proxy' ? [] : variables,
      [],
    ),
    fact('host-sockets', 'no socket of a service of this machine is in the node', sockets, []),
    ...(abstract === null
      ? []
      : [fact('abstract-sockets', 'no abstract socket is in the node before anything runs', abstract, [])]),
  ];
}
