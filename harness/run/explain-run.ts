// SPDX-License-Identifier: Apache-2.0
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event } from '../core/events.ts';
import type { Report } from '../core/report.ts';
import { explain } from '../verdict/explain.ts';
import { readEvents } from './event-log.ts';
import { renderRun } from './render.ts';

/**
 * Appends to the log of a run that has ended what a run in `trap` adds to its attempts, and renders it again. Its verdict and
 * its ids stay. Throws HarnessError when the log cannot be read.
 *
 * @param folder of the run in the trap, below `outDir`
 * @returns the report, and how many attempts were explained
 */
export async function explainRun(
  outDir: string,
  explained: Report,
  { report, folder }: { readonly report: Report; readonly folder: string },
): Promise<{ readonly report: Report; readonly count: number }> {
  const path = join(outDir, 'events.jsonl');
  const last = (await readEvents(path)).at(-1);
  const bodies = explain(explained, report, folder);
  const events = bodies.map(
    (body, index): Event => ({ v: 1, seq: (last?.seq ?? 0) + index + 1, at: last?.at ?? 0, ...body }),
  );
  await appendFile(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return { report: await renderRun(outDir), count: events.length };
}
