#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { buildProgram } from './program.ts';
import { describeFailure, exitCodeOf } from './failure.ts';
import { HarnessError } from '../core/errors.ts';
import { CommanderError } from 'commander';
import { EXIT } from '../core/exit-codes.ts';

/** Node 24 silently truncates zstd files of several frames; 26.10 does not. */
const NEEDED_NODE = [26, 10] as const;

async function main(): Promise<number> {
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

try {
  process.exit(await main());
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ready : EXIT.badInput);
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(exitCodeOf(error));
}
