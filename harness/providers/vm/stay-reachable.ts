// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import type { ManagementKeys } from './keys.ts';

const PROGRAM = fileURLToPath(new URL('forward-main.ts', import.meta.url));
export const KEYS_FILE = 'keys.json';

/**
 * Starts a program that logs in to a machine which outlives the harness, and offers its sockets from then on. It lives in the
 * sink's network namespace, where `airgap down` and `sweep` find it, and ends with the machine. Nobody else may be logged in.
 * Throws HarnessError (harness) with what it said when it cannot log in.
 */
export async function stayReachable(
  runner: CommandRunner,
  options: {
    readonly node: string;
    readonly folder: string;
    readonly netns: string;
    readonly keys: ManagementKeys;
  },
): Promise<void> {
  const { node, folder, netns, keys } = options;
  await writeFile(join(folder, KEYS_FILE), JSON.stringify(keys), { mode: 0o600 });
  const argv = ['setsid', '--', process.execPath, PROGRAM, folder, node];
  const program = runner.spawn(argv, { netns });
  let said = '';
  program.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-1000);
  });
  const ready = once(createInterface({ input: program.stdout }), 'line').then(() => true);
  if (await Promise.race([ready, program.ended.then(() => false)])) {
    program.unref?.();
    return;
  }
  throw new HarnessError(`node "${node}" is up, but cannot be reached from now on: ${said.trim()}`, {
    code: 'harness',
    hint: 'run: npm run airgap -- sweep',
  });
}
