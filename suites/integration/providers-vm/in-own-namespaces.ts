// SPDX-License-Identifier: Apache-2.0
import { execa } from 'execa';
import { inOwnNamespaces } from '../../../harness/cli/own-namespaces.ts';

// A program of its own, for a user without root: runs the command that it is given as the command line runs itself.
const [file = 'true', ...args] = process.argv.slice(2);
process.exit(
  await inOwnNamespaces(async () => {
    const { exitCode } = await execa(file, args, { stdio: 'inherit', reject: false });
    return exitCode ?? 1;
  }),
);
