// SPDX-License-Identifier: Apache-2.0
import { bare, over4, over6, toAddress, hostPort } from '../reach.ts';
import type { LeakCase } from '../types.ts';

const pod = 'pod';
const RAW = { capabilities: ['NET_RAW'] } as const;
const ADMIN = { capabilities: ['NET_ADMIN', 'NET_RAW'] } as const;

/** Every way to make the kernel send something, each from a container of an ordinary pod. */
export const socketCases: readonly LeakCase[] = [
  { id: 'tcp', place: pod, sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'tcp over IPv6', place: pod, sentinel: true, deed: over6('tcp', 'tcp') },
  { id: 'tcp, non-blocking', place: pod, deed: over4('tcp', 'tcp-nonblocking') },
  { id: 'tcp, non-blocking, over IPv6', place: pod, deed: over6('tcp', 'tcp-nonblocking') },
  { id: 'tcp, Fast Open by sendto', place: pod, sentinel: true, deed: over4('tcp', 'tcp-fastopen') },
  { id: 'tcp, Fast Open over IPv6', place: pod, deed: over6('tcp', 'tcp-fastopen') },
  { id: 'tcp, Fast Open by option', place: pod, deed: over4('tcp', 'tcp-fastopen-connect') },
  { id: 'tcp, MPTCP', place: pod, probe: true, sentinel: true, deed: over4('tcp', 'tcp-mptcp') },
  { id: 'tcp, MPTCP over IPv6', place: pod, probe: true, deed: over6('tcp', 'tcp-mptcp') },
  { id: 'tcp, v4-mapped', place: pod, deed: over4('tcp', 'tcp-mapped') },
  { id: 'tcp, 32-bit', place: pod, program: 'maker32', sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'tcp, SO_BINDTODEVICE', place: pod, rights: RAW, deed: over4('tcp', 'tcp-device') },
  { id: 'tcp, SO_MARK', place: pod, rights: ADMIN, deed: over4('tcp', 'tcp-mark') },
  { id: 'tcp from a foreign address', place: pod, rights: ADMIN, deed: over4('tcp', 'tcp-foreign-source') },
  { id: 'udp, connected', place: pod, deed: over4('udp', 'udp-connect') },
  { id: 'udp, connected, over IPv6', place: pod, deed: over6('udp', 'udp-connect') },
  { id: 'udp, sendto', place: pod, sentinel: true, deed: over4('udp', 'udp-sendto') },
  { id: 'udp, sendto over IPv6', place: pod, deed: over6('udp', 'udp-sendto') },
  { id: 'udp, sendmsg', place: pod, deed: over4('udp', 'udp-sendmsg') },
  {
    id: 'udp, sendmmsg to two',
    place: pod,
    deed: (draw) => {
      const places = [0, 1].map(() => ({ address: draw.address4(), port: draw.port() }));
      return {
        argv: ['udp-sendmmsg', ...places.map(({ address, port }) => hostPort(address, port))],
        reaches: places.map(({ address, port }) => toAddress('udp', address, port)),
      };
    },
  },
  { id: 'udp, v4-mapped', place: pod, deed: over4('udp', 'udp-mapped') },
  { id: 'udp, 32-bit', place: pod, program: 'maker32', deed: over4('udp', 'udp-sendto') },
  {
    id: 'UDP-Lite',
    place: pod,
    probe: true,
    // the kernel tells the ports of TCP and UDP look-ups alone
    deed: (draw) => {
      const address = draw.address4();
      return {
        argv: ['udplite', hostPort(address, draw.port())],
        reaches: [toAddress('udplite', address, null, 'raw-frame')],
      };
    },
  },
  { id: 'SCTP', place: pod, probe: true, deed: over4('sctp', 'sctp') },
  { id: 'DCCP', place: pod, probe: true, deed: over4('dccp', 'dccp') },
  { id: 'raw ICMP', place: pod, rights: RAW, sentinel: true, deed: bare('icmp', 'icmp', 'icmp-ping') },
  {
    id: 'raw ICMP over IPv6',
    place: pod,
    rights: RAW,
    deed: bare('icmpv6', 'icmp', 'icmp-ping', 6),
  },
  { id: 'ping socket', place: pod, deed: bare('icmp', 'ping-socket', 'icmp-ping') },
  { id: 'ping socket over IPv6', place: pod, deed: bare('icmpv6', 'ping-socket', 'icmp-ping', 6) },
  { id: 'raw GRE', place: pod, rights: RAW, deed: bare('gre', 'gre', 'vpn') },
  {
    id: 'IP_HDRINCL, UDP inside',
    place: pod,
    rights: RAW,
    deed: withHeader('header-udp'),
  },
  { id: 'IP_HDRINCL, TCP inside', place: pod, rights: RAW, deed: withHeader('header-tcp') },
  { id: 'io_uring connect', place: pod, probe: true, sentinel: true, deed: over4('tcp', 'uring-connect') },
  { id: 'io_uring sendmsg', place: pod, probe: true, deed: over4('udp', 'uring-sendmsg') },
  {
    id: 'io_uring connect, SQPOLL',
    place: pod,
    probe: true,
    sentinel: true,
    deed: over4('tcp', 'uring-sqpoll-connect'),
  },
  { id: 'io_uring sendmsg, SQPOLL', place: pod, probe: true, deed: over4('udp', 'uring-sqpoll-sendmsg') },
  {
    id: 'multicast beyond the link',
    place: pod,
    deed: (draw) => {
      const port = draw.port();
      const address = `239.192.${port % 250}.${(port >> 3) % 250}`; // organisation-local scope, RFC 2365
      return {
        argv: ['multicast', hostPort(address, port)],
        reaches: [toAddress('udp', address, port)],
      };
    },
  },
  {
    id: 'SSDP',
    place: pod,
    deed: () => ({
      argv: ['multicast', '239.255.255.250:1900'],
      reaches: [toAddress('udp', '239.255.255.250', 1900, 'discovery')],
    }),
  },
  {
    id: 'AF_PACKET',
    place: pod,
    rights: RAW,
    alone: true,
    sentinel: true,
    process: 'unknown',
    deed: frame('packet'),
  },
  {
    id: 'AF_PACKET, datagram socket',
    place: pod,
    rights: RAW,
    alone: true,
    process: 'unknown',
    deed: frame('packet-datagram'),
  },
];

/** The kernel looks the route up as protocol 255, without a port: what the packet holds is the program's own affair. */
function withHeader(kind: string): LeakCase['deed'] {
  return (draw) => {
    const address = draw.address4WithoutPort();
    return {
      argv: [kind, hostPort(address, draw.port())],
      reaches: [toAddress('raw', address, null, 'raw-frame')],
    };
  };
}

/** Handed to the bridge: pods have 10.42.0.0/24 on the only node. */
function frame(kind: string): LeakCase['deed'] {
  return (draw) => {
    const [address, port] = [draw.address4(), draw.port()];
    return {
      argv: [kind, hostPort(address, port), '10.42.0.1'],
      reaches: [toAddress('udp', address, port, 'raw-frame')],
    };
  };
}
