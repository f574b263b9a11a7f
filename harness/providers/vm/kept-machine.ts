// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ManagementKeys, managementKeys } from './keys.ts';
import { GUEST_FOLDER, Management } from './management.ts';
import { MACHINE_FILES } from './qemu.ts';

const KEYS = 'keys.json';

/** Writes down what leads into a machine, for who comes when the harness that made it has ended (mode 0600). */
export async function rememberKeys(folder: string, keys: ManagementKeys): Promise<void> {
  await writeFile(join(folder, KEYS), JSON.stringify(keys), { mode: 0o600 });
}

/**
 * Logs in to the machine whose folder a socket lies in, and makes the socket lead into it until disposed; null: it is no
 * machine's. One at a time: the next one waits. Throws HarnessError (harness) when the machine does not answer in three minutes.
 */
export async function reachMachine(socket: string, node: string): Promise<AsyncDisposable | null> {
  const folder = dirname(socket);
  const text = await readFile(join(folder, KEYS), 'utf8').catch(() => null);
  if (text === null) return null;
  const keys = managementKeys.parse(JSON.parse(text));
  await using stack = new AsyncDisposableStack();
  const management = stack.use(new Management({ port: join(folder, MACHINE_FILES.ssh), keys, node }));
  await management.forward(socket, `${GUEST_FOLDER}/${basename(socket)}`);
  await management.login(new AbortController().signal);
  const all = stack.move();
  return { [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}
