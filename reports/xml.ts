// SPDX-License-Identifier: Apache-2.0

/** An element: attributes in order, then children or text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly children?: readonly XmlElement[];
  readonly text?: string;
}

/** An XML 1.0 document with declaration. Characters that XML 1.0 forbids are left out, whoever brought them. */
export function serialiseXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, '')}\n`;
}

function element({ name, attributes = {}, children = [], text }: XmlElement, indent: string): string {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  if (text !== undefined) return `${indent}<${name}${head}>${escapeText(text)}</${name}>`;
  if (children.length === 0) return `${indent}<${name}${head}/>`;
  const inner = children.map((child) => element(child, `${indent}  `)).join('\n');
  return `${indent}<${name}${head}>\n${inner}\n${indent}</${name}>`;
}

/** ANSI colour and cursor sequences: they come with logs of checks. */
const ANSI = new RegExp(
  String.raw`\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))`,
  'g',
);
/** All that is not Char of XML 1.0, 2.2; lone surrogates among it. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function legal(text: string): string {
  return text.replace(ANSI, '').replace(ILLEGAL, '');
}

function escapeText(text: string): string {
  return legal(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

/** Line breaks and tabs too: a parser would make blanks of them. */
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
