// SPDX-License-Identifier: Apache-2.0

/** Markup that may be put into a page as it is: made by `html` alone. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | null | readonly (Markup | string | number | null)[];

/**
 * Markup by template: the literal parts are ours, every value is escaped unless it is Markup itself. Lists are joined, null is
 * nothing. So a text from a bundle cannot become an element or leave an attribute's quotes.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(
    parts.map((part, index) => part + (index < values.length ? render(values[index] ?? null) : '')).join(''),
  );
}

function render(value: Value): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(render).join('') : escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
