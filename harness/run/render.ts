// SPDX-License-Identifier: Apache-2.0
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderHtml } from '../../reports/html/render-html.ts';
import { renderJson } from '../../reports/json.ts';
import { renderJunit } from '../../reports/junit.ts';
import type { Report } from '../core/report.ts';
import { buildReport } from '../verdict/build-report.ts';
import { readEvents } from './event-log.ts';

/** Computes the report from a run's log and writes report.json, report.html and junit.xml beside it. */
export async function renderRun(runDir: string, now: Date = new Date()): Promise<Report> {
  const report = buildReport(await readEvents(join(runDir, 'events.jsonl')), {
    renderedAt: now.toISOString(),
  });
  await replace(join(runDir, 'report.json'), renderJson(report));
  await replace(join(runDir, 'report.html'), renderHtml(report));
  await replace(join(runDir, 'junit.xml'), renderJunit(report));
  return report;
}

/** A reader never sees half a report. */
async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
