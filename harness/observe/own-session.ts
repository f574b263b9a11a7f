// SPDX-License-Identifier: Apache-2.0

/**
 * A command line that runs in a session of its own: the Ctrl-C of a terminal is for the harness, which then ends its
 * observers in order. `setsid` becomes the program, so the process id is the program's.
 */
export function inOwnSession(argv: readonly string[]): readonly string[] {
  return ['setsid', '--', ...argv];
}
