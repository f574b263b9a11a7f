// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { renderTerminal } from '../../../reports/terminal.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { renderRun } from '../../run/render.ts';
import { DEFAULT_OUT } from '../repo.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap report RUN`: the same fold over the same log, written again. Rendering succeeded: exit code 0 whatever the verdict. */
export async function reportCommand(run: string): Promise<ExitCode> {
  const below = join(DEFAULT_OUT, run);
  const folder = existsSync(below) ? below : resolve(run);
  const report = await renderRun(folder);
  const screen = terminalScreen(false);
  screen.line(
    renderTerminal(report, {
      columns: screen.columns,
      paint: (style, text) => screen.paint(style, text),
      folder: relative(process.cwd(), folder) || '.',
    }),
  );
  return EXIT.ready;
}
