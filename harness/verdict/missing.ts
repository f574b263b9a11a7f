// SPDX-License-Identifier: Apache-2.0
import type { ObserverId } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import type { Facts } from './facts.ts';

/** True where the run went without that observer, because its machine cannot have it. */
export function isMissing({ run }: Facts, observer: ObserverId): boolean {
  return run.missing?.some((one) => one.observer === observer) === true;
}

/** What a run loses with each observer. */
const LOST: Readonly<Partial<Record<ObserverId, string>>> = {
  routes:
    'Nobody watched the kernel’s routing. No process is known: an attempt is told by its pod, one from the node’s own network by nothing. What makes no packet is not seen at all: where the node has no default route, bare addresses that the node or a hostNetwork pod calls, and in every profile IPv6 addresses that a pod without an IPv6 route calls. Counts are frames, so each repetition of a connection counts.',
  link: 'Nobody captured the node’s link: frames that a program of the node or of a hostNetwork pod builds itself are not seen, and questions for names have no packet as evidence.',
  cni: 'Nobody captured the pods’ bridge: a question for a name cannot be told to the pod that asked the cluster’s DNS, and frames that a pod builds itself are not seen.',
  witness: 'Nobody watched behind the gap: that nothing got out was not looked at.',
};

/** A limit for each observer that the run went without, with the reason. */
export function missingLimits({ run }: Facts): Report['limits'] {
  return (run.missing ?? []).map(({ observer, reason }) => ({
    id: `without-${observer}`,
    message: `${LOST[observer] ?? `Observer ${observer} was missing.`} (${reason})`,
  }));
}

/** What a run loses with that observer, in sentences; null when nothing is written down of it. */
export function lossOf(observer: ObserverId): string | null {
  return LOST[observer] ?? null;
}
