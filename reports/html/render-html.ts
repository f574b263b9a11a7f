// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Report } from '../../harness/core/report.ts';
import { VERDICT_WORDS } from '../text.ts';
import { attemptsSection } from './attempts.ts';
import { renderHead } from './head.ts';
import { html, Html } from './html.ts';
import type { Section } from './parts.ts';
import { SCRIPT } from './script.ts';
import {
  canariesSection,
  environmentSection,
  isolationSection,
  limitsSection,
  observersSection,
} from './proof.ts';
import {
  checksSection,
  dependenciesSection,
  exceptionsSection,
  findingsSection,
  imagesSection,
  itemsSection,
  reasonsSection,
} from './sections.ts';
import { STYLE } from './style.ts';
import { phasesSection } from './timeline.ts';

/**
 * report.html: one file that needs nothing else. Its content security policy forbids every request and all but its
 * own style and script, so the report itself can be opened behind the gap, and what a bundle smuggled into a name or a
 * log stays a text. The report as data lies in `script#report-data`.
 */
export function renderHtml(report: Report): string {
  const sections: readonly Section[] = [
    reasonsSection(report),
    attemptsSection(report),
    checksSection(report),
    phasesSection(report),
    ...(report.findings.length === 0 ? [] : [findingsSection(report)]),
    dependenciesSection(report),
    exceptionsSection(report),
    isolationSection(report),
    canariesSection(report),
    observersSection(report),
    imagesSection(report),
    itemsSection(report),
    limitsSection(report),
    environmentSection(report),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${VERDICT_WORDS[report.verdict]}: ${report.bundle.name} ${report.bundle.version}</title>
<style>${Html.trusted(STYLE)}</style>
</head>
<body>
<div class="page">
${renderHead(report)}
<nav aria-label="Sections"><ul>${sections.map(
    ({ id, title, count }) =>
      html`<li><a href="#${id}">${title}${count === null ? null : html` <span class="count">${count}</span>`}</a></li>`,
  )}</ul></nav>
<main>
${sections.map(
  ({ id, title, count, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}${
    count === null ? null : html` <span class="count">${count}</span>`
  }</h2>
${body}</section>
`,
)}</main>
<footer>Rendered ${report.renderedAt} by ${report.environment.tool.name} ${report.environment.tool.version} from events.jsonl of run ${report.runId}. This page makes no request.</footer>
</div>
<script type="application/json" id="report-data">${Html.trusted(asScriptData(report))}</script>
<script>${Html.trusted(SCRIPT)}</script>
</body>
</html>
`;
  return page.toString();
}

function policy(): string {
  return [
    "default-src 'none'",
    `style-src '${hashOf(STYLE)}'`,
    `script-src '${hashOf(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** As CSP 3 wants it: over the text between the tags. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** JSON that can neither end the script element nor open a comment in it. */
function asScriptData(report: Report): string {
  return JSON.stringify(report)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}
