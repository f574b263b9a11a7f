// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Report } from '../../harness/core/report.ts';
import { duration, plural, VERDICT_WORDS } from '../text.ts';
import { attemptCards } from './attempts.ts';
import { html, Markup } from './html.ts';
import { STYLE } from './style.ts';
import {
  canariesTable,
  checksTable,
  dependenciesTable,
  exceptionsTable,
  findingsTable,
  itemsTable,
  observersTable,
  phasesTable,
} from './tables.ts';
import { timeline } from './timeline.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup | readonly Markup[];
  readonly count: number;
}

/**
 * The report as one page: no script, no external reference. Its policy allows the one style sheet, by hash, and nothing else, so
 * that whatever a bundle's texts contain can neither run nor fetch.
 */
export function renderHtml(report: Report): string {
  const style = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`;
  const shown = sections(report).filter(({ count }) => count > 0);
  const { bundle, environment, verdict, reasons, limits } = report;
  const { distribution, host } = environment;
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><title>${VERDICT_WORDS[verdict]}: ${bundle.name} ${bundle.version}</title><style>${new Markup(STYLE)}</style></head>
<body>
<header class="${verdict}"><div><h1>Air-gap readiness of ${bundle.name} ${bundle.version}</h1><p class="verdict">${VERDICT_WORDS[verdict]}</p><ul class="reasons">${reasons.map((reason) => html`<li>${reason.ref !== null && report.attempts.some(({ id }) => id === reason.ref) ? html`<a href="#attempt-${reason.ref}">${reason.message}</a>` : reason.message}</li>`)}</ul><p class="soft">${distribution.name} ${distribution.version}${distribution.standIn ? ' (stand-in)' : ''} from ${distribution.from}; provider ${environment.provider}, profile ${environment.profile}; started ${report.startedAt}, took ${duration(report.timings['total'] ?? 0)}</p><nav aria-label="Sections">${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}<a href="#limits">Limits</a></nav></div></header>
<main>${shown.map(({ id, title, body }) => html`<section><h2 id="${id}">${title}</h2>${body}</section>`)}<section><h2 id="limits">What this run did not prove</h2><ul>${limits.map(({ message }) => html`<li>${message}</li>`)}</ul></section></main>
<footer><p>Run <code>${report.runId}</code>, bundle <code>${bundle.digest}</code>, ${bundle.format} at <code>${bundle.path}</code>.</p><p>${environment.tool.name} ${environment.tool.version} on ${host.os}, Linux ${host.kernel}, ${plural(host.cpus, 'CPU')}, ${host.memoryMiB} MiB; node image ${environment.nodeImage}. Rendered ${report.renderedAt} from events.jsonl, which lies beside this file with captures and evidence.</p></footer>
</body>
</html>
`.text;
}

function sections(report: Report): Section[] {
  const open = report.attempts.filter(({ accepted }) => accepted === null);
  const accepted = report.attempts.filter((attempt) => attempt.accepted !== null);
  return [
    { id: 'attempts', title: 'Attempts to reach outside', body: attemptCards(open), count: open.length },
    { id: 'accepted', title: 'Accepted attempts', body: attemptCards(accepted), count: accepted.length },
    { id: 'checks', title: 'Checks', body: checksTable(report), count: report.checks.length },
    { id: 'findings', title: 'Findings', body: findingsTable(report), count: report.findings.length },
    {
      id: 'phases',
      title: 'Phases',
      body: [timeline(report), phasesTable(report)],
      count: report.phases.length,
    },
    {
      id: 'site',
      title: 'Site dependencies',
      body: dependenciesTable(report),
      count: report.siteDependencies.length,
    },
    { id: 'exceptions', title: 'Exceptions', body: exceptionsTable(report), count: report.exceptions.length },
    { id: 'canaries', title: 'Proof of the gap', body: canariesTable(report), count: report.canaries.length },
    { id: 'observers', title: 'Observers', body: observersTable(report), count: report.observers.length },
    {
      id: 'items',
      title: 'Items of the bundle',
      body: itemsTable(report),
      count: report.bundle.items.length,
    },
  ];
}
