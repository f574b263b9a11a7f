// SPDX-License-Identifier: Apache-2.0
import type { Vantage } from '../core/node.ts';

/**
 * A command line that runs in a session of its own: the Ctrl-C of a terminal is for the harness, which then ends its
 * observers in order. `setsid` becomes the program, so the process id is the program's. Elsewhere than on this machine no
 * terminal reaches it, and who starts it there has given it a session: `setsid` would then go away and leave the program
 * to nobody.
 */
export function inOwnSession(
  { isLocal }: Pick<Vantage, 'isLocal'>,
  argv: readonly string[],
): readonly string[] {
  return isLocal ? ['setsid', '--', ...argv] : argv;
}
