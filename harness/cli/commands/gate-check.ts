// SPDX-License-Identifier: Apache-2.0
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { readGate } from '../../gate/read-gate.ts';
import { gateLines, listExceptions } from '../gate-list.ts';
import { terminalScreen } from '../screen.ts';

/**
 * `airgap gate check FILE`: reads the gate and lists its exceptions with the days they have left. Exit code 2 when one has expired.
 * Throws HarnessError (config) for a gate that is wrong.
 */
export async function gateCheckCommand(file: string, options: { readonly json?: true }): Promise<ExitCode> {
  const gate = await readGate(file);
  const exceptions = listExceptions(gate, new Date().toISOString());
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ file, exceptions }, null, 2)}\n`);
  } else {
    const screen = terminalScreen(false);
    for (const line of gateLines(gate, exceptions, (style, text) => screen.paint(style, text)))
      screen.line(line);
  }
  return exceptions.some(({ state }) => state === 'expired') ? EXIT.badInput : EXIT.ready;
}
