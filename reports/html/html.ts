// SPDX-License-Identifier: Apache-2.0

/** Markup that is safe to put into a page: it was written in this folder, and every value in it was escaped. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** For the tag function below and for text of our own (styles, script). Never for anything a run brought. */
  static trusted(markup: string): Html {
    return new Html(markup);
  }

  toString(): string {
    return this.#markup;
  }
}

export type HtmlValue = string | number | Html | null | readonly HtmlValue[];

/**
 * Markup with values. Each value is escaped, in text and in quoted attributes alike; Html goes in as it is, a list is
 * joined, null is nothing. So nothing that a bundle or a log says can become markup.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const markup = parts.reduce((page, part, index) => `${page}${render(values[index - 1] ?? null)}${part}`);
  return Html.trusted(markup);
}

function render(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Control characters have no place in a page; direction overrides could make a text look like another one. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text as it may stand in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
