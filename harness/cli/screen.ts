// SPDX-License-Identifier: Apache-2.0
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where people read: the one place that writes to the terminal. */
export interface Screen {
  readonly isTerminal: boolean;
  readonly columns: number;
  /** A line that stays. */
  line(text?: string): void;
  /** The live line below everything; on something that is no terminal it is not shown. */
  live(text: string | null): void;
  error(text: string): void;
  paint(style: Style, text: string): string;
}

/** Standard output as a Screen; `quiet` (for --json) sends lines to standard error, so that stdout is data alone. */
export function terminalScreen(quiet: boolean): Screen {
  const out = quiet ? process.stderr : process.stdout;
  const isTerminal = out.isTTY && process.env['CI'] === undefined;
  let shown = false;
  const clear = (): void => {
    if (shown) out.write('\r\u001b[2K');
    shown = false;
  };
  return {
    isTerminal,
    columns: out.columns ?? 100,
    line(text = '') {
      clear();
      out.write(`${text}\n`);
    },
    live(text) {
      if (!isTerminal) return;
      clear();
      if (text === null) return;
      out.write(text.slice(0, (out.columns ?? 100) - 1));
      shown = true;
    },
    error(text) {
      clear();
      process.stderr.write(`${text}\n`);
    },
    paint: (style, text) => styleText(style, text, { stream: out }),
  };
}
