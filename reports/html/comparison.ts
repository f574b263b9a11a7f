// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Comparison } from '../../harness/core/comparison.ts';
import { duration, plural, VERDICT_WORDS } from '../text.ts';
import { Html, html } from './html.ts';
import { mono, table } from './parts.ts';
import { STYLE } from './style.ts';

const SEEN = { seen: 'seen', 'not-seen': 'not seen', unknown: 'unknown' } as const;

/** The page above the reports of several runs: what differs, and the way to each run's own report. No script. */
export function renderComparisonHtml(comparison: Comparison): string {
  const { bundle, verdict, runs, attempts, checks, differences, renderedAt } = comparison;
  const style = createHash('sha256').update(STYLE).digest('base64');
  const names = runs.filter((run) => run.verdict !== null).map(({ name }) => name);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${VERDICT_WORDS[verdict]}: ${bundle.name} ${bundle.version} in ${plural(runs.length, 'run')}</title>
<style>${Html.trusted(STYLE)}</style>
</head>
<body>
<div class="page">
<header>
<p class="kicker">Air-gap readiness of <b>${bundle.name} ${bundle.version}</b> on ${runs.map(({ name }) => name).join(', ')}</p>
<div class="verdict is-${verdict}"><div><h1>${VERDICT_WORDS[verdict]}</h1><p>${
    differences === 0
      ? 'No difference between the runs, as far as each of them got.'
      : `${plural(differences, 'difference')} between the runs, marked below.`
  }</p></div></div>
</header>
<main>
<section aria-labelledby="runs"><h2 id="runs">Runs</h2>
${table(
  'One run for each provider and profile',
  [
    { head: 'Provider', names: true, cell: ({ provider }) => provider },
    { head: 'Profile', names: true, cell: ({ profile }) => profile },
    {
      head: 'Verdict',
      cell: (run) =>
        run.verdict === null || run.folder === null
          ? 'did not run'
          : html`<a href="${run.folder}/report.html">${VERDICT_WORDS[run.verdict]}</a>`,
    },
    { head: 'Attempts', number: true, cell: (run) => run.attempts },
    { head: 'Checks passed', number: true, cell: (run) => `${run.checksPassed} of ${run.checks}` },
    { head: 'Time', number: true, cell: (run) => duration(run.durationMs) },
    { head: 'Why', cell: ({ reason }) => reason },
    { head: 'Limits of its own', cell: ({ limits }) => limits.join(', ') },
  ],
  runs,
  'No run took place.',
)}</section>
<section aria-labelledby="attempts"><h2 id="attempts">Attempts</h2>
${table(
  'Attempts by run; those that differ first',
  [
    { head: 'Culprit', names: true, cell: ({ culprit }) => culprit },
    { head: 'Destination', cell: ({ destination }) => mono(destination) },
    ...names.map((name) => ({
      head: name,
      cell: ({ seen, same }: Comparison['attempts'][number]) => mark(SEEN[seen[name] ?? 'unknown'], same),
    })),
  ],
  attempts,
  'No run saw an attempt.',
)}</section>
<section aria-labelledby="checks"><h2 id="checks">Checks</h2>
${table(
  'Results by run; those that differ first',
  [
    { head: 'Check', names: true, cell: ({ title }) => title },
    ...names.map((name) => ({
      head: name,
      cell: ({ results, same }: Comparison['checks'][number]) => mark(results[name] ?? 'not-run', same),
    })),
  ],
  checks,
  'No check was planned.',
)}</section>
</main>
<footer>Rendered ${renderedAt}. This page makes no request.</footer>
</div>
</body>
</html>
`;
  return page.toString();
}

/** What differs is bold and has a word, never a colour alone. */
function mark(text: string, same: boolean): Html {
  return same ? html`${text}` : html`<b class="warn">${text} (differs)</b>`;
}
