// SPDX-License-Identifier: Apache-2.0
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { isExpiringSoon } from '../../core/report.ts';
import { readGate } from '../../gate/read-gate.ts';
import { daysLeft, describeScope } from '../../verdict/accepts.ts';
import { remaining } from '../../../reports/exceptions.ts';
import { printable } from '../../../reports/text.ts';
import { terminalScreen } from '../screen.ts';

/**
 * `airgap gate check FILE`: reads the gate and lists its exceptions with the days they have left, the next to expire first. Exit code 2
 * when one has expired. Throws HarnessError (config) for a gate that is wrong.
 */
export async function gateCheckCommand(
  file: string,
  options: { readonly json?: true },
  now = new Date().toISOString(),
): Promise<ExitCode> {
  const gate = await readGate(file);
  const exceptions = gate.exceptions
    .map((exception) => {
      const left = daysLeft(exception, now);
      const state = left < 0 ? 'expired' : isExpiringSoon(left) ? 'expires soon' : 'valid';
      return { ...exception, scope: describeScope(exception.scope), daysLeft: left, state };
    })
    .toSorted((a, b) => a.daysLeft - b.daysLeft);
  const expired = exceptions.filter(({ state }) => state === 'expired').length;
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ file, exceptions }, null, 2)}\n`);
    return expired > 0 ? EXIT.badInput : EXIT.ready;
  }
  const screen = terminalScreen(false);
  const colour = { expired: 'red', 'expires soon': 'yellow', valid: 'green' } as const;
  for (const { scope, reason, owner, expires, daysLeft: left, state } of exceptions) {
    const tone = state === 'expired' || state === 'expires soon' ? colour[state] : colour.valid;
    screen.line(
      `${screen.paint(tone, state.padEnd(12))} ${expires}  ${remaining(left).padEnd(22)} ${printable(scope)}`,
    );
    screen.line(screen.paint('dim', `${' '.repeat(13)}${printable(reason)} (${printable(owner)})`));
  }
  const count =
    exceptions.length === 0 ? 'no exception' : `${exceptions.length} exception(s), ${expired} expired`;
  screen.line(
    `${file}: ${count}; ${gate.internal.length} internal destination(s), ${gate.classes?.length ?? 0} row(s) of classes`,
  );
  return expired > 0 ? EXIT.badInput : EXIT.ready;
}
