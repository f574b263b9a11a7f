// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import type { RunningCommand } from './command.ts';
import { HarnessError } from './errors.ts';

/** What a program said by its end; its standard input stays as it is. Never rejects. */
export async function outputOf(
  command: RunningCommand,
): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
  const [{ exitCode }, stdout, stderr] = await Promise.all([
    command.ended,
    text(command.stdout),
    text(command.stderr),
  ]);
  return { exitCode, stdout, stderr };
}

/** The same; throws HarnessError (harness) with what it said unless it ends with 0. */
export async function outputOrThrow(command: RunningCommand, what: string): Promise<string> {
  const { exitCode, stdout, stderr } = await outputOf(command);
  if (exitCode === 0) return stdout;
  throw new HarnessError(`${what}: ${stderr.trim() || `exit code ${exitCode ?? 'none'}`}`, {
    code: 'harness',
  });
}
