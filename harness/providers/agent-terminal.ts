// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { AgentTarget } from './agent-client.ts';
import { AgentProcess } from './agent-process.ts';
import { HarnessError } from '../core/errors.ts';

/** The terminal a person sits at. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/**
 * Runs a program in a node on the caller's terminal until it ends; keys go to it untouched.
 *
 * @returns its exit code; 128 + signal number as a shell says it when a signal ended it
 * @throws HarnessError when it cannot be started or the node goes away
 */
export async function attachTerminal(
  target: AgentTarget,
  argv: readonly string[],
  { input, output }: Terminal,
): Promise<number> {
  const size = { columns: output.columns, rows: output.rows };
  const env = process.env['TERM'] === undefined ? {} : { TERM: process.env['TERM'] };
  const program = new AgentProcess(target.socket, { argv, env, cwd: '/root', tty: size, stdin: true });
  const resize = (): void => program.resize(output.columns, output.rows);
  input.setRawMode(true);
  output.on('resize', resize);
  try {
    program.stdout.pipe(output, { end: false });
    input.pipe(program.stdin);
    const outcome = await program.outcome;
    if (outcome.kind === 'exit') return outcome.exitCode ?? 128 + signalNumber(outcome.signal);
    throw new HarnessError(`cannot run "${argv.join(' ')}" in node "${target.node}": ${outcome.reason}`, {
      code: 'harness',
    });
  } finally {
    output.off('resize', resize);
    input.unpipe(program.stdin);
    input.pause();
    input.setRawMode(false);
  }
}

function signalNumber(name: string | null): number {
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 0;
}
