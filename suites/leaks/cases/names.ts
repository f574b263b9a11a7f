// SPDX-License-Identifier: Apache-2.0
import { hostPort, toAddress, toName } from '../reach.ts';
import type { Deed, LeakCase, Reach } from '../types.ts';

const pod = 'pod';

/** Questions for names, by every transport. */
export const nameCases: readonly LeakCase[] = [
  {
    id: 'name by the cluster DNS',
    place: pod,
    sentinel: true,
    deed: (draw) => asks('lookup', draw.host()),
  },
  { id: 'name by the cluster DNS over TCP', place: pod, deed: (draw) => asks('lookup-tcp', draw.host()) },
  { id: 'TXT record', place: pod, deed: (draw) => asks('lookup-text', draw.host()) },
  {
    id: 'SRV record',
    place: pod,
    deed: (draw) => asks('lookup-service', `_ldap._tcp.${draw.host()}`, 'directory'),
  },
  {
    id: 'reverse look-up',
    place: pod,
    deed: (draw) => {
      const address = draw.address4();
      const name = `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
      return { argv: ['lookup-address', address], reaches: [toName(name, 'reverse-lookup')] };
    },
  },
  {
    id: 'one question, no resolver',
    place: pod,
    deed: (draw) => {
      const name = draw.host();
      return { argv: ['question-udp', 'cluster', name], reaches: [toName(name)] };
    },
  },
  {
    id: 'DNS server outside, UDP',
    place: pod,
    sentinel: true,
    deed: (draw) => atServer('question-udp', 'udp', draw.address4(), draw.host()),
  },
  {
    id: 'DNS server outside, TCP',
    place: pod,
    deed: (draw) => atServer('question-tcp', 'tcp', draw.address4(), draw.host()),
  },
  {
    id: 'DNS server outside, IPv6',
    place: pod,
    deed: (draw) => atServer('question-udp', 'udp', draw.address6(), draw.host()),
  },
  {
    id: 'search domain of a company',
    place: pod,
    alone: true,
    sentinel: true,
    deed: (draw) => {
      const [service, zone] = [draw.word(), `${draw.word()}.example`];
      const name = `${service}.${draw.word()}.svc`;
      return {
        argv: ['lookup', name],
        reaches: [toName(`${name}.${zone}`, 'search-domain')],
        pod: { dnsConfig: { searches: [zone] } },
      };
    },
  },
];

/** Questions over TCP are joined in the same way: the transport is not part of what is wanted. */
function asks(kind: string, name: string, className = 'unknown-name'): Deed {
  return { argv: [kind, name], reaches: [toName(name, className)] };
}

function atServer(kind: string, protocol: string, server: string, name: string): Deed {
  const reach: Reach = toAddress(protocol, server, 53, 'dns-server');
  return { argv: [kind, hostPort(server, 53), name], reaches: [reach] };
}
