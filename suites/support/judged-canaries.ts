// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../../harness/core/events.ts';
import type { Report } from '../../harness/core/report.ts';
import { buildReport } from '../../harness/verdict/build-report.ts';
import { RUN } from '../unit/verdict/log-builder.ts';
import { INSIDE } from './memory-log.ts';

/** The canaries of a log that has no beginning of its own, as a run judges them. */
export function judgedCanaries({ events }: { readonly events: readonly Event[] }): Report['canaries'] {
  return buildReport([{ ...RUN, inside: INSIDE }, ...events], { renderedAt: '' }).canaries;
}
