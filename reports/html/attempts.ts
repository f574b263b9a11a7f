// SPDX-License-Identifier: Apache-2.0
import type { Attempt, Evidence } from '../../harness/core/report.ts';
import { duration, groupByCulprit, plural } from '../text.ts';
import { html, type Markup } from './html.ts';

/** Attempts by who must mend them: destination, what to do, and what it was seen by. */
export function attemptCards(attempts: readonly Attempt[]): Markup[] {
  return groupByCulprit(attempts).map(({ culprit, attempts: members }) => {
    const accepted = members.every((member) => member.accepted !== null);
    return html`<article class="card${accepted ? ' accepted' : ''}"><h3>${culprit} <span class="tag">${plural(members.length, 'destination')}</span></h3>${members.map(wish)}</article>`;
  });
}

function wish(attempt: Attempt): Markup {
  const { source, confidence, accepted } = attempt;
  const { exe, argv, ancestors } = source.process;
  const phases = Object.entries(attempt.phases).map(([phase, count]) => `${phase} (${count})`);
  return html`<div class="wish" id="attempt-${attempt.id}"><p><span class="to mono">${destination(attempt)}</span><span class="tag">${attempt.class}</span>${accepted === null ? null : html`<span class="tag">accepted until ${accepted.expires}</span>`}</p><p class="remedy">${attempt.remedy}</p>${accepted === null ? null : html`<p class="soft">Accepted by ${accepted.owner}: ${accepted.reason}</p>`}<dl>${row('Process', exe, confidence.process)}${argv === null ? null : html`<dt>Command</dt><dd class="mono">${argv.join(' ')}</dd>`}${ancestors.length === 0 ? null : html`<dt>Started by</dt><dd class="mono">${ancestors.join(' ← ')}</dd>`}${row('Pod', source.pods.join(', ') || null, confidence.pod)}${row('Image', source.image, confidence.image)}${row('In the bundle', source.item, confidence.item)}<dt>Seen</dt><dd>${plural(attempt.count, 'time')} in ${phases.join(', ')}; first after ${duration(attempt.first)}, last after ${duration(attempt.last)}</dd></dl><details><summary>Evidence (${attempt.evidence.length}), id ${attempt.id}</summary><ul>${attempt.evidence.map((one) => html`<li>${evidence(one)}</li>`)}</ul></details></div>`;
}

function row(what: string, value: string | null, sure: string): Markup {
  return html`<dt>${what}</dt><dd><span class="mono">${value ?? 'unknown'}</span><span class="tag">${sure}</span></dd>`;
}

/** `tcp 198.51.100.7:443`, `dns updates.example`. */
export function destination({ protocol, destination: { name, address, port } }: Attempt): string {
  const host = name ?? (address?.includes(':') === true ? `[${address}]` : address) ?? 'unknown';
  return `${protocol} ${host}${port === null ? '' : `:${port}`}`;
}

/** Where it lies: a file of the run folder is a link that works beside the report. */
export function evidence({ observer, file, record, text }: Evidence): Markup {
  const place =
    file === null ? null : html`<a href="${file}">${file}</a>${record === null ? null : ` #${record}`} `;
  return html`${observer === null ? null : html`<span class="tag">${observer}</span> `}${place}${text === null ? null : html`<code>${text}</code>`}`;
}
