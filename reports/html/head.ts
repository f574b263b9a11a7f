// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';
import { duration, groupByCulprit, plural, splitLog, VERDICT_WORDS } from '../text.ts';
import { html, type Html } from './html.ts';

/** A mark of its own shape for each verdict, so that it can be told without colour. */
const MARKS: Readonly<Record<Report['verdict'], Html>> = {
  ready: html`<path d="M15 24.5l6.5 6.5L34 18"/>`,
  'not-ready': html`<path d="M17 17l14 14M31 17L17 31"/>`,
  inconclusive: html`<path d="M18.5 19a5.5 5.5 0 1 1 8 4.9c-1.7 1-2.5 2-2.5 4.1M24 33v.2"/>`,
};

/** What the verdict means, in one sentence. */
function meaning({ verdict, attempts, checks, findings, reasons, environment }: Report): string {
  if (verdict === 'ready') {
    const { standIn, contract } = environment.distribution;
    const on = standIn
      ? ', on a stand-in for K3s,'
      : contract === 'unverified'
        ? ', on an unverified K3s,'
        : '';
    return `Nothing it does needs anything outside the site, as far as this run${on} can show.`;
  }
  if (verdict === 'inconclusive') {
    const more = reasons.length > 1 ? ` (and ${plural(reasons.length - 1, 'more reason')} below)` : '';
    return `Nothing was proven against it, but this run is no proof for it either: ${splitLog(reasons[0]?.message ?? '').said}${more}`;
  }
  const groups = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  const leaks = groups.reduce((sum, group) => sum + group.attempts.length, 0);
  const failed = checks.filter(({ required, result }) => required && result === 'fail').length;
  const blockers = findings.filter(
    ({ severity, accepted }) => severity === 'blocker' && accepted === null,
  ).length;
  const parts = [
    leaks === 0
      ? ''
      : `${plural(groups.length, 'culprit')} reached for ${plural(leaks, 'destination')} outside`,
    failed === 0 ? '' : `${plural(failed, 'required check')} failed`,
    blockers === 0 ? '' : `${plural(blockers, 'blocker')} found in the bundle`,
  ].filter((part) => part !== '');
  return `${parts.join('; ')}.`;
}

/** Verdict, what was tested, and the figures a reader looks for first. */
export function renderHead(report: Report): Html {
  const { verdict, bundle, environment, timings, startedAt, runId } = report;
  const { distribution } = environment;
  return html`<header>
<p class="kicker">Air-gap readiness of <b>${bundle.name} ${bundle.version}</b>, run ${runId}, ${when(startedAt)}</p>
<div class="verdict is-${verdict}">
<svg viewBox="0 0 48 48" fill="none" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="21" stroke-width="2.5"/>${MARKS[verdict]}</svg>
<div><h1>${VERDICT_WORDS[verdict]}</h1><p>${meaning(report)}</p></div>
</div>
<dl class="figures">
${figures(report)}
<div class="wide"><dt>Kubernetes</dt><dd>${distribution.name} ${distribution.version}${distribution.standIn ? html` <b class="warn">stand-in</b>` : null}${distribution.contract === 'unverified' ? html` <b class="warn">unverified</b>` : null}</dd></div>
<div><dt>Run time</dt><dd>${duration(timings['total'] ?? 0)}</dd></div>
</dl>
</header>`;
}

function figures({ attempts, checks, canaries, observers }: Report): Html[] {
  const leaks = attempts.filter(({ accepted }) => accepted === null).length;
  const accepted = attempts.length - leaks;
  const passed = checks.filter(({ result }) => result === 'pass').length;
  const applicable = checks.filter(({ result }) => result !== 'not-applicable').length;
  const made = canaries.filter(({ result }) => result !== 'unavailable');
  const seen = made.filter(({ result }) => result === 'pass').length;
  const healthy = observers.filter(({ status }) => status === 'ok').length;
  return [
    figure(
      'Attempts',
      `${leaks}`,
      accepted === 0 ? '' : `and ${accepted} accepted`,
      leaks > 0 ? 'bad' : 'good',
    ),
    figure('Checks passed', `${passed}`, `of ${applicable}`, tone(passed, applicable)),
    figure('Canaries seen', `${seen}`, `of ${made.length}`, tone(seen, made.length)),
    figure('Observers intact', `${healthy}`, `of ${observers.length}`, tone(healthy, observers.length)),
  ];
}

function tone(part: number, whole: number): string {
  return part === whole && whole > 0 ? 'good' : 'warn';
}

function figure(name: string, value: string, rest: string, toneClass: string): Html {
  return html`<div><dt>${name}</dt><dd><span class="${toneClass}">${value}</span> <small>${rest}</small></dd></div>`;
}

/** `2026-03-01 10:00:00 UTC`; a text that is no such time stays as it is. */
function when(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/, '$1 $2 UTC');
}
