// SPDX-License-Identifier: Apache-2.0
import { atPort, by, over4, toName } from '../reach.ts';
import type { LeakCase } from '../types.ts';

const pod = 'pod';
const PRIVILEGED = { privileged: true } as const;

/** Processes that are hard to follow, and network namespaces that are not the pod's. */
export const processCases: readonly LeakCase[] = [
  { id: 'double fork', place: pod, sentinel: true, deed: by(['double-fork'], over4('tcp', 'tcp')) },
  { id: 'double fork, UDP', place: pod, deed: by(['double-fork'], over4('udp', 'udp-sendto')) },
  { id: 'thread that ends', place: pod, deed: by(['thread'], over4('tcp', 'tcp')) },
  {
    id: 'name of a kernel thread',
    place: pod,
    deed: by(['disguised'], over4('tcp', 'tcp')),
  },
  // what has no file is named by the program that loaded it
  { id: 'program in memory alone', place: pod, deed: by(['memory-file'], over4('tcp', 'tcp')) },
  {
    id: 'program deleted before it calls',
    place: pod,
    process: { pattern: '^/tmp/dropped/helper$' },
    deed: by(['copied', '/tmp/dropped/helper'], over4('tcp', 'tcp')),
  },
  {
    id: 'name asked by a grandchild',
    place: pod,
    deed: (draw) => {
      const name = draw.host();
      return { argv: ['double-fork', 'lookup', name], reaches: [toName(name)] };
    },
  },
  {
    id: 'network namespace of its own, TCP',
    place: pod,
    alone: true,
    rights: PRIVILEGED,
    sentinel: true,
    deed: by(['own-network', '172.30.9'], over4('tcp', 'tcp')),
  },
  {
    id: 'network namespace of its own, UDP',
    place: pod,
    alone: true,
    rights: PRIVILEGED,
    deed: by(['own-network', '172.30.10'], over4('udp', 'udp-sendto')),
  },
  {
    id: 'network namespace of the node',
    place: pod,
    alone: true,
    rights: PRIVILEGED,
    deed: (draw) => ({
      ...by(['node-network'], over4('tcp', 'tcp'))(draw),
      pod: { hostPID: true },
    }),
  },
  {
    id: 'network namespace of the node, syslog',
    place: pod,
    alone: true,
    rights: PRIVILEGED,
    deed: (draw) => ({
      ...by(['node-network'], atPort('udp', 'udp-sendto', 514, 'syslog'))(draw),
      pod: { hostPID: true },
    }),
  },
];
