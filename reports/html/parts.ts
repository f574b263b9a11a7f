// SPDX-License-Identifier: Apache-2.0
import type { Evidence, Report } from '../../harness/core/report.ts';
import { html, type Html, type HtmlValue } from './html.ts';

/** A section with an anchor, listed in the navigation. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly count: number | null;
  readonly body: Html;
}

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => HtmlValue;
  /** A figure: right-aligned. */
  readonly number?: boolean;
  /** Names the row: its header for a screen reader. */
  readonly names?: boolean;
}

/** A table with caption. A text instead of a table without rows. */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  nothing: string,
): Html {
  if (rows.length === 0) return html`<p class="nothing">${nothing}</p>`;
  return html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${columns.map(({ head, number }) => html`<th scope="col"${numeric(number)}>${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${columns.map(({ cell, number, names }) =>
      names === true
        ? html`<th scope="row">${cell(row)}</th>`
        : html`<td${numeric(number)}>${cell(row)}</td>`,
    )}</tr>
`,
  )}</tbody></table></div>`;
}

function numeric(isNumber: boolean | undefined): Html | null {
  return isNumber === true ? html` class="number"` : null;
}

export function mono(text: string | null): Html | null {
  return text === null ? null : html`<span class="mono">${text}</span>`;
}

const RESULT: Readonly<
  Record<
    Report['checks'][number]['result'] | Report['canaries'][number]['result'],
    readonly [mark: string, word: string, tone: string]
  >
> = {
  pass: ['✓', 'pass', 'good'],
  fail: ['✗', 'fail', 'bad'],
  error: ['!', 'error', 'warn'],
  skipped: ['–', 'skipped', 'warn'],
  'not-applicable': ['–', 'nothing to ask', ''],
  unseeable: ['–', 'unseeable', 'warn'],
  unavailable: ['–', 'not available here', 'warn'],
  'not-run': ['–', 'not run', 'warn'],
};

/** A result as mark and word: never by colour alone. */
export function resultMark(result: keyof typeof RESULT): Html {
  const [mark, word, tone] = RESULT[result];
  return html`<span class="result ${tone}"><span aria-hidden="true">${mark}</span> ${word}</span>`;
}

/** Where evidence lies: a link to the file beside the report, the record in it, and the words it came with. */
export function evidenceItem({ observer, file, record, text }: Evidence): Html {
  const source = observer === null ? null : html`<b>${observer}</b> `;
  const place =
    file === null ? null : html`${fileLink(file)}${record === null ? null : html` record ${record}`}`;
  return html`<li>${source}${place}${text === null ? null : html` <span class="mono">${text}</span>`}</li>`;
}

/** A link to a file of the run folder. A path of any other shape stays a text: a log must not choose where we link. */
export function fileLink(path: string): Html {
  const isPlain = /^[\w@+-][\w.@+-]*(?:\/[\w@+-][\w.@+-]*)*$/.test(path);
  return isPlain
    ? html`<a class="mono" href="./${path}">${path}</a>`
    : html`<span class="mono">${path}</span>`;
}
