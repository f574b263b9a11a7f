// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';
import { bytes, duration } from '../text.ts';
import { evidence } from './attempts.ts';
import { html, type Markup } from './html.ts';

type Cell = Markup | string;

function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

function state(word: string): Markup {
  return html`<span class="${word}"><strong>${word}</strong></span>`;
}

function mono(text: string): Markup {
  return html`<span class="mono">${text}</span>`;
}

export function checksTable({ checks }: Report): Markup {
  return table(
    'Functional questions to the cluster, and what answered.',
    ['Result', 'Check', 'What was found', 'Took'],
    checks.map((check) => [
      state(check.result),
      html`${check.title}${check.required ? null : html` <span class="tag">optional</span>`}`,
      html`${check.message}${check.attempts.length === 0 ? null : html`<br><span class="soft">attempts while it ran: ${check.attempts.map((id) => html`<a href="#attempt-${id}">${id}</a> `)}</span>`}${check.evidence.length === 0 ? null : html`<details><summary>Evidence</summary><ul>${check.evidence.map((one) => html`<li>${evidence(one)}</li>`)}</ul></details>`}`,
      check.durationMs === null ? '' : duration(check.durationMs),
    ]),
  );
}

export function phasesTable({ phases }: Report): Markup {
  return table(
    'Phases in order.',
    ['Phase', 'State', 'Began after', 'Took', 'Note'],
    phases.map(({ phase, status, start, durationMs, note }) => [
      phase,
      status === 'done' ? 'done' : state(status),
      start === null ? '' : duration(start),
      durationMs === null ? '' : duration(durationMs),
      note ?? '',
    ]),
  );
}

export function canariesTable({ canaries }: Report): Markup {
  return table(
    'Known attempts that the harness made itself: what was tried, what the program met, and who saw it.',
    ['Result', 'When', 'From', 'Kind', 'To', 'What the program met', 'Seen by', 'Should be seen by'],
    canaries.map((canary) => [
      state(canary.result),
      canary.stage,
      canary.place,
      canary.kind,
      mono(canary.to),
      canary.answer ?? '',
      canary.seen.join(', '),
      canary.expected.join(', '),
    ]),
  );
}

export function dependenciesTable({ siteDependencies }: Report): Markup {
  return table(
    'What the customer’s site must provide (gate.yaml, site.internal).',
    ['Name', 'Used', 'By', 'Destinations', 'Note'],
    siteDependencies.map((one) => [
      html`${one.name}${one.description === null ? null : html`<br><span class="soft">${one.description}</span>`}`,
      one.used ? `${one.count} times` : 'no',
      one.users.join(', '),
      mono(one.destinations.join(', ')),
      one.note ?? '',
    ]),
  );
}

export function exceptionsTable({ exceptions }: Report): Markup {
  return table(
    'Accepted by the owner of the gate.',
    ['State', 'Scope', 'Reason', 'Owner', 'Expires', 'Attempts'],
    exceptions.map((one) => [
      one.state,
      mono(one.scope),
      one.reason,
      one.owner,
      `${one.expires} (${one.daysLeft} days left)`,
      html`${one.attempts.map((id) => html`<a href="#attempt-${id}">${id}</a> `)}`,
    ]),
  );
}

export function findingsTable({ findings }: Report): Markup {
  return table(
    'Seen in the bundle’s files, before anything ran.',
    ['Severity', 'Where', 'What', 'What to do'],
    findings.map((one) => [state(one.severity), mono(one.location), one.message, one.remedy]),
  );
}

export function itemsTable({ bundle }: Report): Markup {
  return table(
    'What the bundle carries; every digest was computed from the content.',
    ['Kind', 'Name', 'File', 'Size', 'Digest'],
    bundle.items.map((item) => [
      item.kind,
      mono(item.name),
      mono(item.file),
      bytes(item.size),
      mono(item.digest),
    ]),
  );
}

export function observersTable({ observers }: Report): Markup {
  return table(
    'Who watched, and whether anything was lost.',
    ['Observer', 'State', 'Received', 'Lost'],
    observers.map((one) => [
      one.id,
      one.status === 'ok' ? state('pass') : html`<span class="fail">${one.status}</span>`,
      String(one.received),
      String(one.lost),
    ]),
  );
}
