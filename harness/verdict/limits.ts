// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../core/report.ts';
import type { Facts } from './facts.ts';
import { missingLimits } from './missing.ts';
import { limitsOfProfile } from './profile-limits.ts';

const RUN_LENGTH: Report['limits'][number] = {
  id: 'run-length',
  message:
    'What happens more rarely than this run is long was not seen: checks for updates after hours, certificates that expire, yearly jobs that no CronJob describes.',
};
/** What no run can show, whatever it saw. */
const OF_EVERY_RUN: Report['limits'] = [
  {
    id: 'frames-without-process',
    message:
      'A frame that a program builds itself (AF_PACKET) passes no routing look-up: of a pod the workload is known, of a hostNetwork pod or a process of the node only that it happened.',
  },
  {
    id: 'address-sorting',
    message:
      'UDP look-ups of port 0, 9 and 65535 without a captured frame are taken for the address sorting of C libraries and Go; a node process that really sends to port 9 is not told apart.',
  },
  {
    id: 'kernel-threads',
    message:
      'Connections that the kernel makes itself (NFS and iSCSI mounts, tunnels) are made by its own threads, which are not followed: only their frames would be seen.',
  },
];

const STAND_IN =
  'The Kubernetes of this run is a stand-in with the command line and files of K3s, not K3s itself: run again with the K3s binary that will be carried (--k3s PATH).';

const unverified = (note: string): string =>
  `This K3s is unverified (${note}): where it does not keep what the harness relies on, a check may fail for no fault of the bundle, or see less than it should. Run: AIRGAP_K3S=PATH npm run test:k3s-contract.`;

/** What this run did not prove: its own limit events first, then those of its kind. */
export function limitsOf(facts: Facts): Report['limits'] {
  const { contract, contractNote = 'it was not asked' } = facts.distribution;
  const all = [
    ...missingLimits(facts),
    ...facts.limits.map(({ id, message }) => ({ id, message })),
    ...(facts.distribution.standIn ? [{ id: 'stand-in', message: STAND_IN }] : []),
    ...(contract === 'unverified' ? [{ id: 'unverified-k3s', message: unverified(contractNote) }] : []),
    RUN_LENGTH,
    ...limitsOfProfile(facts),
    ...OF_EVERY_RUN,
  ];
  return [...new Map(all.map((limit) => [`${limit.id}\0${limit.message}`, limit])).values()];
}
