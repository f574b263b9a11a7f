// SPDX-License-Identifier: Apache-2.0
import type { Event } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import { maskReport } from './mask-report.ts';
import { RunFold } from './run-fold.ts';

/**
 * The report of a log, secrets hidden. Only `renderedAt` (ISO 8601) differs when the same log is rendered again.
 * Throws HarnessError for an empty log, one that does not begin with `run`, or two logs in one.
 */
export function buildReport(
  events: Iterable<Event>,
  { renderedAt }: { readonly renderedAt: string },
): Report {
  const fold = new RunFold();
  for (const event of events) fold.add(event);
  const { schemaVersion, ...rest } = maskReport(fold.report());
  return { schemaVersion, renderedAt, ...rest };
}
