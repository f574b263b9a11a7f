// SPDX-License-Identifier: Apache-2.0
import { buildProgram } from './program.ts';
import { describeFailure, exitCodeOf } from './failure.ts';
import { HarnessError } from '../core/errors.ts';
import { CommanderError } from 'commander';
import { EXIT } from '../core/exit-codes.ts';

/** Node 24 silently truncates zstd files of several frames; 26.10 does not. */
const NEEDED_NODE = [26, 10] as const;

/** Runs the command that `process.argv` names. Never rejects: a failure is said on stderr. @returns the exit code */
export async function commandLine(): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ready : EXIT.badInput;
    process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor < NEEDED_NODE[1])) {
    throw new HarnessError(
      `Node ${process.versions.node} is too old: ${NEEDED_NODE.join('.')} or newer is needed`,
      {
        code: 'usage',
        hint: 'use `npm test` or `npm run airgap -- ...`: npm ci brought a Node of its own',
      },
    );
  }
  let code: number = EXIT.ready;
  await buildProgram((result) => (code = result)).parseAsync();
  return code;
}
