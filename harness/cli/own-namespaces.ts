// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { constants, homedir } from 'node:os';
import { HarnessError } from '../core/errors.ts';
import { EXIT } from '../core/exit-codes.ts';
import { ownAddresses } from '../core/own-addresses.ts';
import { type Rootless, ROOTLESS_VARIABLE, rootless } from '../core/rootless.ts';
import { identify } from '../providers/processes.ts';
import { namespacedCommand, tryNamespaces } from '../providers/user-namespace.ts';
import { passSignals, SIGNALS } from './pass-signals.ts';

/** What a shell adds to the number of the signal that ended a command. */
const BY_SIGNAL = 128;

/**
 * Runs a command that makes namespaces. A user without root starts this program once more, as root of namespaces of its own, and
 * waits for it (ADR 19); where the machine forbids that the command runs as it is, and its probes say what is missing.
 *
 * @returns the command's exit code
 * @throws HarnessError (harness) when that other one was killed
 */
export async function inOwnNamespaces(command: () => Promise<number>): Promise<number> {
  if (process.geteuid?.() === 0) {
    if (rootless() !== null) heedOutside();
    return await command();
  }
  return (await tryNamespaces()) === null ? await startAgain() : await command();
}

async function startAgain(): Promise<number> {
  const owner = await identify(process.pid);
  if (owner === null) throw new HarnessError('/proc does not show this process', { code: 'setup' });
  const outside: Rootless = { uid: process.geteuid?.() ?? 0, owner, addresses: ownAddresses() };
  const [file = '', ...args] = namespacedCommand([
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]);
  const child = spawn(file, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // By name root’s home would be found in there.
    env: { ...process.env, HOME: homedir(), [ROOTLESS_VARIABLE]: JSON.stringify(outside) },
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => resolve({ code, signal }));
  });
  let told = 0;
  const pass = (signal: NodeJS.Signals): void => {
    told = constants.signals[signal];
    if (child.connected) child.send(signal, () => {}); // it may be ending just now
  };
  using _ = passSignals(pass);
  const { code, signal } = await ended;
  if (code !== null && (code < BY_SIGNAL || code === EXIT.interrupted || code === BY_SIGNAL + told))
    return code;
  throw new HarnessError(
    `the harness in namespaces of its own was ended by ${signal ?? `signal ${(code ?? 0) - BY_SIGNAL}`}; nothing of it runs any more`,
    { code: 'harness', hint: 'remove its folder: npm run airgap -- sweep' },
  );
}

/** A terminal tells both; what is sent to the process outside alone comes from there. */
function heedOutside(): void {
  process.on('message', (message) => {
    const signal = SIGNALS.find((name) => name === message);
    if (signal !== undefined) process.kill(process.pid, signal);
  });
  process.channel?.unref();
}
