// SPDX-License-Identifier: Apache-2.0
import { remaining } from '../../reports/exceptions.ts';
import { printable } from '../../reports/text.ts';
import { CLASSES } from '../core/attempt-classes.ts';
import type { Gate, GateException } from '../core/gate.ts';
import { nearest } from '../core/nearest.ts';
import { isExpiringSoon } from '../core/report.ts';
import { daysLeft, describeScope } from '../verdict/accepts.ts';
import { glob } from '../verdict/globs.ts';
import type { Screen } from './screen.ts';

/** An exception of a gate on a day. */
export interface ListedException extends Omit<GateException, 'scope'> {
  /** In words. */
  readonly scope: string;
  readonly daysLeft: number;
  readonly state: 'valid' | 'expires soon' | 'expired';
}

const COLOUR = { expired: 'red', 'expires soon': 'yellow', valid: 'green' } as const;

/** The exceptions of a gate on the day of `now` (ISO 8601), the next to expire first. */
export function listExceptions({ exceptions }: Gate, now: string): ListedException[] {
  return exceptions
    .map((exception): ListedException => {
      const left = daysLeft(exception, now);
      const state = left < 0 ? 'expired' : isExpiringSoon(left) ? 'expires soon' : 'valid';
      return { ...exception, scope: describeScope(exception.scope), daysLeft: left, state };
    })
    .toSorted((a, b) => a.daysLeft - b.daysLeft);
}

/** The same for a terminal: two lines for each, warnings, a line for the whole gate. */
export function gateLines(
  gate: Gate,
  exceptions: readonly ListedException[],
  paint: Screen['paint'],
): string[] {
  const expired = exceptions.filter(({ state }) => state === 'expired').length;
  const count =
    exceptions.length === 0 ? 'no exception' : `${exceptions.length} exception(s), ${expired} expired`;
  return [
    ...exceptions.flatMap(({ scope, reason, owner, expires, daysLeft: left, state }) => [
      `${paint(COLOUR[state], state.padEnd(12))} ${expires}  ${remaining(left).padEnd(22)} ${printable(scope)}`,
      paint('dim', `${' '.repeat(13)}${printable(reason)} (${printable(owner)})`),
    ]),
    ...unknownClasses(gate).map((warning) => paint('yellow', `warning: ${printable(warning)}`)),
    `${gate.file ?? 'no gate'}: ${count}; ${gate.internal.length} internal destination(s), ${gate.classes?.length ?? 0} row(s) of classes`,
  ];
}

/** Classes of exceptions that no attempt can have: such an exception would never be used. */
function unknownClasses({ exceptions, classes = [] }: Gate): string[] {
  const known = [...Object.keys(CLASSES), ...classes.map((row) => row.class)];
  return exceptions.flatMap(({ scope: { class: name } }) => {
    if (name === undefined || known.some(glob(name))) return [];
    const near = nearest(name, known);
    return `no class is called "${name}"${near === null ? '' : ` (did you mean "${near}"?)`}: that exception accepts nothing`;
  });
}
