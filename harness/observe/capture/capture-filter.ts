// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from '../../core/events.ts';
import { insideRanges } from '../../core/inside-addresses.ts';

/** `ff01::/16` and `ff02::/16` are the link-scope groups in common use; the decoder knows the others. */
const LINK_SCOPE = ['ff01::/16', 'ff02::/16'];

/** A TCP segment without SYN (offset 13 of the header holds the flags, RFC 9293): of a site's service only who begins counts. */
const ESTABLISHED = 'tcp[13] & 2 = 0';

/**
 * The packet filter: questions to port 53 whoever is asked, and what goes outside; nothing else that stays inside. It is
 * evaluated in the kernel, so that a busy cluster's own traffic costs nothing here.
 *
 * No direction in it: `inbound` loses the first packet (libpcap runs the first one through the filter a second time in user
 * space, where that test always fails; measured with 1.10.3), and `-Q in` makes tcpdump's counters useless, since what goes
 * out is received and not captured. Neither is needed: what passes this filter towards the node or a pod is a question to
 * a DNS server there.
 */
export function outgoingFilter(inside: InsideRanges): string {
  const ranges = [...insideRanges(inside), ...LINK_SCOPE].map((range) => `dst net ${range}`).join(' or ');
  const filter = `not arp and (dst port 53 or not (${ranges}))`;
  return (inside.site ?? []).reduce(
    (all, range) => `${all} and not (dst net ${range} and ${ESTABLISHED})`,
    filter,
  );
}
