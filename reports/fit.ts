// SPDX-License-Identifier: Apache-2.0
import { printable } from './text.ts';

const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Characters that take two columns: East Asian wide and full-width forms (UAX 11), pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Cuts to `width` columns of a terminal, with an ellipsis. Control characters become blanks. */
export function fit(text: string, width: number): string {
  const clean = printable(text);
  let used = 0;
  let cut = 0;
  for (const { segment, index } of SEGMENTS.segment(clean)) {
    const columns = WIDE.test(segment) ? 2 : 1;
    if (used + columns > width) return `${clean.slice(0, cut)}…`;
    used += columns;
    // Where the ellipsis would still fit behind this character.
    if (used <= width - 1) cut = index + segment.length;
  }
  return clean;
}

/** Breaks at blanks into at most `most` lines; the second line and later are indented by two. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  const shown = lines.slice(0, most).map((each) => fit(each, width));
  const last = shown.at(-1);
  if (lines.length > most && last !== undefined && !last.endsWith('…'))
    shown[most - 1] = fit(`${last} …`, width);
  return shown;
}
