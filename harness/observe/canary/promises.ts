// SPDX-License-Identifier: Apache-2.0
import type { CanaryPlace } from '../../core/events.ts';
import type { Profile } from '../../core/profile.ts';
import type { CanaryKind } from './plan.ts';

const REFUSED_BY_PROXY = 'HTTP/1.1 403 Forbidden';
const SILENCE = 'no answer';
/** Texts of Go's syscall.Errno for ECONNREFUSED, EHOSTUNREACH and EACCES. */
const REFUSED = 'connection refused';
const PROHIBITED4 = 'no route to host';
const PROHIBITED6 = 'permission denied';

/**
 * What a TCP or UDP canary must meet, as the helper program says it; null where a profile promises nothing that shows within
 * the canary's patience (300 ms). Without a default route it is the node's own routing that answers, and of a raw packet
 * nobody hears.
 */
export function promisedAnswers(
  kind: CanaryKind,
  place: CanaryPlace,
  profile: Profile,
): readonly string[] | null {
  if (kind === 'proxy') return [REFUSED_BY_PROXY];
  if (kind.startsWith('udp-multicast')) return [SILENCE]; // nobody may answer it with an error (RFC 1122, 3.2.2)
  const isTcp = kind.startsWith('tcp');
  const isUdp = kind.startsWith('udp');
  const leaves = place !== 'pod' || kind.endsWith('4'); // a pod has no IPv6 route
  if (!leaves || (!isTcp && !isUdp)) return null;
  switch (profile) {
    case 'reject':
      return [REFUSED];
    case 'trap':
      return [isTcp ? 'connected' : SILENCE];
    case 'registry-only':
      // An ICMP error reaches a connecting TCP socket with the second SYN only, a second later (docs/profiles.md).
      return isTcp ? null : [kind.endsWith('4') ? PROHIBITED4 : PROHIBITED6];
    case 'drop':
    case 'diode':
      return [SILENCE];
    case 'no-route':
    case 'proxy':
      return null;
  }
}
