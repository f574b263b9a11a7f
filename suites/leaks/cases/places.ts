// SPDX-License-Identifier: Apache-2.0
import { bare, by, hostPort, over4, over6, toAddress, toName } from '../reach.ts';
import type { LeakCase } from '../types.ts';

const host = 'host-network';
const RAW = { capabilities: ['NET_RAW'] } as const;
/** The sink's end of the node's link (harness/gap/no-route.ts): the only neighbour there. */
const SINK = '10.99.0.2';

/** Everything but an ordinary container of an ordinary pod. */
export const placeCases: readonly LeakCase[] = [
  { id: 'hostNetwork: tcp', place: host, sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'hostNetwork: tcp over IPv6', place: host, deed: over6('tcp', 'tcp') },
  { id: 'hostNetwork: tcp, v4-mapped', place: host, deed: over4('tcp', 'tcp-mapped') },
  { id: 'hostNetwork: udp', place: host, deed: over4('udp', 'udp-sendto') },
  { id: 'hostNetwork: raw ICMP', place: host, rights: RAW, deed: bare('icmp', 'icmp', 'icmp-ping') },
  {
    id: 'hostNetwork: io_uring connect, SQPOLL',
    place: host,
    probe: true,
    deed: over4('tcp', 'uring-sqpoll-connect'),
  },
  {
    id: 'hostNetwork: name',
    place: host,
    sentinel: true,
    deed: (draw) => {
      const name = draw.host();
      return { argv: ['lookup', name], reaches: [toName(name)] };
    },
  },
  {
    id: 'hostNetwork: IP_HDRINCL',
    place: host,
    rights: RAW,
    deed: (draw) => {
      const address = draw.address4WithoutPort();
      return {
        argv: ['header-udp', hostPort(address, draw.port())],
        reaches: [toAddress('raw', address, null, 'raw-frame')],
      };
    },
  },
  {
    id: 'hostNetwork: AF_PACKET',
    place: 'host-frame',
    rights: RAW,
    process: 'unknown',
    deed: (draw) => {
      const [address, port] = [draw.address4(), draw.port()];
      return {
        argv: ['packet', hostPort(address, port), SINK],
        reaches: [toAddress('udp', address, port, 'raw-frame')],
      };
    },
  },
  {
    id: 'hostNetwork: a frame that carries no IP',
    place: 'host-frame',
    rights: RAW,
    process: 'unknown',
    deed: (draw) => {
      const address = draw.hardwareAddress();
      return {
        argv: ['ethernet', '88b5', address],
        reaches: [toAddress('ethertype-0x88b5', address, null, 'raw-frame')],
      };
    },
  },
  { id: 'process of the node', place: 'node', deed: over4('tcp', 'tcp') },
  { id: 'process of the node, UDP', place: 'node', deed: over4('udp', 'udp-sendto') },
  { id: 'process of the node, double fork', place: 'node', deed: by(['double-fork'], over4('tcp', 'tcp')) },
  { id: 'init container', place: 'init', sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'sidecar', place: 'sidecar', sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'ephemeral container', place: 'ephemeral', deed: over4('tcp', 'tcp') },
  { id: 'CronJob', place: 'cron-job', sentinel: true, deed: over4('tcp', 'tcp') },
  { id: 'Job made by a controller', place: 'made-job', deed: over4('tcp', 'tcp') },
  {
    id: 'pod gone within 50 ms',
    place: 'vanishing',
    sentinel: true,
    deed: over4('udp', 'udp-sendto'),
  },
  { id: 'exec into a pod', place: 'exec', deed: over4('tcp', 'tcp') },
  { id: 'postStart hook', place: 'post-start', deed: over4('tcp', 'tcp') },
  { id: 'exec probe', place: 'exec-probe', deed: over4('udp', 'udp-sendto') },
  { id: 'DaemonSet', place: 'daemon-set', deed: over4('tcp', 'tcp') },
  { id: 'StatefulSet', place: 'stateful-set', deed: over4('tcp', 'tcp') },
  { id: 'Deployment with two pods', place: 'deployment', deed: over4('tcp', 'tcp') },
  { id: 'pod that nobody owns', place: 'bare-pod', deed: over4('tcp', 'tcp') },
  { id: 'static pod', place: 'static-pod', deed: over4('tcp', 'tcp') },
];
