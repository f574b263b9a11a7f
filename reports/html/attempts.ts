// SPDX-License-Identifier: Apache-2.0
import { describeDestination } from '../../harness/core/describe.ts';
import type { Attempt, Report } from '../../harness/core/report.ts';
import { type CulpritGroup, groupByCulprit, plural } from '../text.ts';
import { html, type Html } from './html.ts';
import { evidenceItem, mono, type Section } from './parts.ts';

/** Attempts by who must mend them, leaks before accepted ones. */
export function attemptsSection({ attempts }: Report): Section {
  const leaks = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  const accepted = groupByCulprit(attempts.filter((attempt) => attempt.accepted !== null));
  const body =
    attempts.length === 0
      ? html`<p class="nothing">Nothing was seen to reach for anything outside the site.</p>`
      : html`<p class="lead">Each destination outside the site that something tried to reach, by who has to mend it.</p>
<p class="filter" hidden><label for="filter">Filter</label> <input id="filter" type="search" placeholder="name, image, class, phase…" autocomplete="off"> <span class="soft" role="status"></span></p>
${[...leaks, ...accepted].map(renderGroup)}`;
  return { id: 'attempts', title: 'Attempts', count: attempts.length, body };
}

function renderGroup({ short, attempts }: CulpritGroup): Html {
  const [first] = attempts;
  if (first === undefined) return html``;
  const { image, item, pods, node } = first.source;
  const facts = [
    image === null
      ? null
      : html`image ${mono(image)}${item === null ? ' (not found in the bundle)' : html`, in ${mono(item)}`}`,
    pods.length > 1 ? html`${pods.length} pods` : null,
    image === null && node !== null ? html`on ${node}` : null,
  ].filter((fact) => fact !== null);
  const line = facts.map((fact, index) => (index === 0 ? fact : html`; ${fact}`));
  return html`<article class="culprit"><header><h3>${short}</h3>${line.length === 0 ? null : html`<p>${line}</p>`}</header>
${attempts.map(renderAttempt)}</article>
`;
}

function renderAttempt(attempt: Attempt): Html {
  const phases = Object.entries(attempt.phases).map(([phase, count]) => `${phase} ${count}`);
  return html`<section class="attempt" id="attempt-${attempt.id}">
<div class="attempt-head"><h4>${describeDestination(attempt)}</h4><span class="tag">${attempt.class}</span>${attempt.classifiedBy === 'gate' ? html`<span class="tag">class by gate.yaml</span>` : null}${
    attempt.accepted === null
      ? null
      : html`<span class="tag accepted">accepted until ${attempt.accepted.expires}</span>`
  }<span class="when">${plural(attempt.count, 'time')}${phases.length === 0 ? '' : `: ${phases.join(', ')}`}</span></div>
${attempt.accepted === null ? null : html`<p class="remedy"><b>Accepted by ${attempt.accepted.owner}:</b> ${attempt.accepted.reason}</p>`}
<p class="remedy">${withCode(attempt.remedy)}</p>
<details><summary>Who, when and evidence</summary><div>${factsOf(attempt)}
<ol class="evidence">${attempt.evidence.map(evidenceItem)}</ol></div></details>
</section>
`;
}

function factsOf({
  source,
  destination,
  confidence,
  first,
  last,
  id,
  what,
  asked,
  askedCount,
}: Attempt): Html {
  const { process, pods } = source;
  const chain = [...process.ancestors].toReversed();
  const rows: readonly (readonly [string, Html | null])[] = [
    ['What it is', what === null ? null : html`${what}`],
    [
      'Names asked there',
      asked.length === 0 ? null : html`${mono(asked.join(', '))}${more(askedCount - asked.length)}`,
    ],
    [
      'Process',
      process.exe === null ? html`unknown: no process was seen, only what it sent` : mono(process.exe),
    ],
    ['Command', process.argv === null ? null : html`<code>${process.argv.join(' ')}</code>`],
    ['TLS server name', destination.sni === null ? null : mono(destination.sni)],
    ['HTTP path', destination.path === null ? null : mono(destination.path)],
    ['Started by', chain.length === 0 ? null : mono(chain.join(' → '))],
    ['Pods', pods.length === 0 ? null : mono(pods.join(', '))],
    ['Seen', html`${seconds(first)}${first === last ? '' : ` to ${seconds(last)}`} after the run began`],
    [
      'How sure',
      html`process ${confidence.process}, pod ${confidence.pod}, image ${confidence.image}, bundle item ${confidence.item}`,
    ],
    ['Id', mono(id)],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => (value === null ? null : html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>`;
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** Words in backticks as code. */
function withCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
