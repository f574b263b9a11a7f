// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';
import { exceptionWarning, remaining } from '../exceptions.ts';
import { bytes, duration, groupByCulprit, splitLog } from '../text.ts';
import { html, type Html } from './html.ts';
import { evidenceItem, mono, resultMark, type Section, table } from './parts.ts';

const KIND: Readonly<Record<Report['reasons'][number]['kind'], readonly [word: string, tone: string]>> = {
  attempt: ['Attempt', 'bad'],
  check: ['Check', 'bad'],
  finding: ['Finding', 'bad'],
  unproven: ['Unproven', 'warn'],
  fault: ['Fault', 'warn'],
  ready: ['Ready', 'good'],
};

/** Why: attempts by culprit (their details follow in a section of their own), then every other reason. */
export function reasonsSection({ reasons, attempts, checks }: Report): Section {
  const groups = groupByCulprit(attempts.filter(({ accepted }) => accepted === null));
  const leaks = groups.map(({ short, attempts: members }): Row => {
    const links = members.map(
      ({ id, destination: { name, address } }, index) =>
        html`${index === 0 ? null : ', '}<a class="mono" href="#attempt-${id}">${name ?? address ?? 'unknown'}</a>`,
    );
    return { kind: 'attempt', text: html`${short} reached for ${links}` };
  });
  const others = reasons
    .filter(({ kind }) => kind !== 'attempt')
    .map(({ kind, message, ref }): Row => {
      const check = kind === 'check' ? checks.find(({ id }) => id === ref) : undefined;
      if (check === undefined) return { kind, text: messageWithLog(message) };
      return { kind, text: html`<a href="#check-${check.id}">${check.title}</a>: ${check.message}` };
    });
  const rows = [...leaks, ...others].map((row, index, all) => renderReason(row, all[index - 1]));
  return { id: 'why', title: 'Why', count: null, body: html`<ul class="reasons">${rows}</ul>` };
}

function messageWithLog(message: string): Html {
  const { said, log } = splitLog(message);
  return log === null ? html`${said}` : html`${said}<div class="log">${log}</div>`;
}

interface Row {
  readonly kind: Report['reasons'][number]['kind'];
  readonly text: Html;
}

/** The kind is written once for each run of equal ones; a screen reader hears it each time. */
function renderReason({ kind, text }: Row, previous: Row | undefined): Html {
  const [word, tone] = KIND[kind];
  const repeated = previous?.kind === kind;
  return html`<li${repeated ? html` class="again"` : null}><span class="kind ${tone}"><span${repeated ? html` class="unseen"` : null}>${word}</span></span><span>${text}</span></li>
`;
}

export function checksSection({ checks, attempts }: Report): Section {
  const body = table(
    'Functional checks, in the order of the plan',
    [
      { head: 'Result', cell: ({ result }) => resultMark(result) },
      {
        head: 'Check',
        names: true,
        cell: ({ id, title, required }) =>
          html`<span id="check-${id}">${title}</span><br>${mono(id)}${required ? null : html` <span class="soft">optional</span>`}`,
      },
      { head: 'What was found', cell: (check) => found(check, attempts) },
      {
        head: 'Took',
        number: true,
        cell: ({ durationMs }) => (durationMs === null ? '' : duration(durationMs)),
      },
    ],
    checks,
    'No check was planned or run.',
  );
  return { id: 'checks', title: 'Checks', count: checks.length, body };
}

function found({ message, evidence, attempts }: Report['checks'][number], all: Report['attempts']): Html {
  const during = all.filter(({ id }) => attempts.includes(id));
  return html`${message}${
    during.length === 0
      ? null
      : html`<br><span class="soft">While it ran:</span> ${during.map(({ id, destination: { name, address } }, index) => html`${index === 0 ? null : ', '}<a class="mono" href="#attempt-${id}">${name ?? address ?? id}</a>`)}`
  }${evidence.length === 0 ? null : html`<ol class="evidence">${evidence.map(evidenceItem)}</ol>`}`;
}

export function findingsSection({ findings }: Report): Section {
  const body = table(
    'Defects of the bundle that show without running it',
    [
      {
        head: 'Severity',
        cell: ({ severity }) => html`<b class="${severity === 'blocker' ? 'bad' : 'soft'}">${severity}</b>`,
      },
      { head: 'Rule', names: true, cell: ({ rule }) => mono(rule) },
      { head: 'Where', cell: ({ location }) => mono(location) },
      {
        head: 'What, and what to do',
        cell: ({ message, remedy, accepted }) =>
          html`${message}<br><span class="soft">${remedy}</span>${accepted === null ? null : html`<br><b>Accepted until ${accepted.expires} by ${accepted.owner}:</b> ${accepted.reason}`}`,
      },
    ],
    findings,
    'No finding.',
  );
  return { id: 'findings', title: 'Findings', count: findings.length, body };
}

/** What the customer must provide. */
export function dependenciesSection({ siteDependencies }: Report): Section {
  const body = table(
    'What gate.yaml says that the site provides: what the customer must have, and for whom',
    [
      {
        head: 'Name',
        names: true,
        cell: ({ name, description }) =>
          html`${name}${description === null ? null : html`<br><span class="soft">${description}</span>`}`,
      },
      { head: 'Stood there', cell: ({ stands }) => stands ?? html`<span class="soft">nothing</span>` },
      {
        head: 'Needed by',
        cell: ({ users, note }) => (note === null ? lines(users) : html`<span class="soft">${note}</span>`),
      },
      { head: 'Destinations seen', cell: ({ destinations }) => lines(destinations) },
      { head: 'Times', number: true, cell: ({ count }) => count },
    ],
    siteDependencies,
    'gate.yaml declares nothing that the site provides (site.internal, site.services), and nothing was needed.',
  );
  return { id: 'dependencies', title: 'Site dependencies', count: siteDependencies.length, body };
}

const AGAIN = {
  pinned: 'never collected',
  pulled: 'taken away, pulled again',
  lost: 'taken away, did not come back',
  untried: 'taken away, not asked for again',
} as const;

export function imagesSection({ images }: Report): Section {
  const body = table(
    'The way of each image to the nodes, the references that pods use, and whether it can be had again',
    [
      {
        head: 'Image',
        names: true,
        cell: ({ name, archive }) => html`${mono(name)}<br><span class="soft">${archive}</span>`,
      },
      { head: 'Way', cell: ({ way }) => way },
      { head: 'Used as', cell: ({ usedAs }) => lines(usedAs) },
      { head: 'Used by', cell: ({ usedBy }) => lines(usedBy) },
      {
        head: 'Again',
        cell: ({ again }) =>
          again === 'lost'
            ? html`<b class="bad">${AGAIN[again]}</b>`
            : again === null
              ? 'not tried'
              : AGAIN[again],
      },
    ],
    images,
    'The bundle carries no image.',
  );
  return { id: 'images', title: 'Images', count: images.length, body };
}

function lines(texts: readonly string[]): Html[] {
  return texts.map((text, index) => html`${index === 0 ? null : html`<br>`}${mono(text)}`);
}

export function exceptionsSection({ exceptions }: Report): Section {
  const body = table(
    'Attempts and findings that the gate accepts: downgraded, not hidden',
    [
      { head: 'Scope', names: true, cell: ({ scope }) => mono(scope) },
      {
        head: 'State',
        cell: (one) => stateOf(one),
      },
      {
        head: 'Expires',
        cell: ({ expires, daysLeft }) => html`${expires}<br><span class="soft">${remaining(daysLeft)}</span>`,
      },
      {
        head: 'Reason',
        cell: ({ reason: why, owner }) => html`${why}<br><span class="soft">${owner}</span>`,
      },
      {
        head: 'Covers',
        cell: ({ attempts, findings }) => [
          ...attempts.map((id) => html`<a class="mono" href="#attempt-${id}">${id}</a> `),
          ...findings.map((where) => html`${mono(where)} `),
        ],
      },
    ],
    exceptions,
    'The gate accepts nothing.',
  );
  return { id: 'exceptions', title: 'Exceptions', count: exceptions.length, body };
}

function stateOf(exception: Report['exceptions'][number]): Html {
  const { state } = exception;
  if (state === 'expired') return html`<b class="bad">expired</b>`;
  return exceptionWarning(exception) === null
    ? html`${state}`
    : html`<b class="warn">${state}${exception.expiresSoon ? ', expires soon' : ''}</b>`;
}

export function itemsSection({ bundle }: Report): Section {
  const body = html`<dl class="facts"><dt>Bundle</dt><dd>${bundle.name} ${bundle.version} (${bundle.format})</dd><dt>Path</dt><dd>${mono(bundle.path)}</dd><dt>Digest</dt><dd>${mono(bundle.digest)}</dd></dl>
${table(
  'What is carried across the gap',
  [
    { head: 'Item', names: true, cell: ({ name }) => name },
    { head: 'Kind', cell: ({ kind }) => kind },
    { head: 'File', cell: ({ file }) => mono(file) },
    { head: 'Size', number: true, cell: ({ size }) => bytes(size) },
    { head: 'Digest', cell: ({ digest }) => mono(digest) },
  ],
  bundle.items,
  'The bundle has no items.',
)}`;
  return { id: 'items', title: 'Items of the bundle', count: bundle.items.length, body };
}
