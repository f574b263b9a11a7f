// SPDX-License-Identifier: Apache-2.0
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { sweep } from '../../providers/sweep.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap sweep`: removes what dead runs left, says what that was. */
export async function sweepCommand(): Promise<ExitCode> {
  const screen = terminalScreen(false);
  const swept = await sweep();
  for (const { kind, name } of swept) screen.line(`removed ${kind} ${name}`);
  screen.line(swept.length === 0 ? 'nothing to sweep' : `${swept.length} thing(s) removed`);
  return EXIT.ready;
}
