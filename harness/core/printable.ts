// SPDX-License-Identifier: Apache-2.0

// Control characters move a terminal's cursor, bidirectional ones reorder what a reader sees (CVE-2021-42574).
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text of untrusted origin as something that may be shown: what is no visible character becomes `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * An untrusted value for an error message: texts in double quotes, everything else as JSON; at most 80 characters, all
 * of them visible.
 */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const short = text.length <= 80 ? text : `${text.slice(0, 77)}...`;
  return printable(short);
}

/** At most `most` characters of a message: its beginning says what, its end says why, so what goes is the middle. */
export function clipped(message: string, most: number): string {
  if (message.length <= most) return message;
  const start = Math.ceil((most - 3) / 2);
  return `${message.slice(0, start)} … ${message.slice(message.length - (most - 3 - start))}`;
}
