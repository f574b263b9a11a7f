// SPDX-License-Identifier: Apache-2.0
import { link, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { CommandRunner } from '../../core/command.ts';
import { errnoOf, HarnessError } from '../../core/errors.ts';
import { runOrThrow } from '../../core/runner.ts';
import { managementKeys } from './keys.ts';
import type { Machine } from './machine.ts';
import { moveFolder } from './move-folder.ts';
import { makeOverlay } from './overlay.ts';
import { MACHINE_FILES } from './qemu.ts';

const MEMORY = 'memory';
const IDENTITY = 'identity.json';

/** What a machine is known by: it is cloned with the machine. */
const identitySchema = z.strictObject({ machineId: z.string(), keys: managementKeys });
export type MachineIdentity = z.infer<typeof identitySchema>;

/** A machine that was saved while it ran: its folder is read and never written to again. */
export interface SavedMachine {
  readonly folder: string;
  readonly identity: MachineIdentity;
}

/** The machine of that key, or null. Marks it as used: setup removes what nobody used for a month. */
export async function findSaved(root: string, key: string): Promise<SavedMachine | null> {
  const folder = join(root, key);
  const text = await readFile(join(folder, IDENTITY), 'utf8').catch(() => null);
  if (text === null) return null;
  const now = new Date();
  await utimes(folder, now, now);
  return { folder, identity: identitySchema.parse(JSON.parse(text)) };
}

/**
 * Saves a machine and ends it: memory through QEMU's migration, disks as they are. Nobody may be logged in. Two that save
 * under one key at once: the first one wins, both are whole.
 * Throws HarnessError (harness) when QEMU does not save it.
 */
export async function saveMachine(
  runner: CommandRunner,
  machine: Machine,
  options: {
    readonly root: string;
    readonly key: string;
    /** The machine's own folder. */
    readonly folder: string;
    readonly identity: MachineIdentity;
  },
): Promise<void> {
  const { root, key, folder, identity } = options;
  // In the session's folder until it is whole: a sweep finds it there when the harness is killed.
  const making = `${folder}-saved`;
  await mkdir(making, { mode: 0o700 });
  try {
    await machine.qmp.execute('stop');
    await machine.qmp.execute('migrate-set-parameters', { 'max-bandwidth': 16 * 2 ** 30 });
    await machine.qmp.execute('migrate', { uri: `exec:cat >'${join(making, MEMORY)}'` });
    await migrated(machine);
    await machine[Symbol.asyncDispose]();
    for (const name of [MACHINE_FILES.disk, MACHINE_FILES.parts]) {
      await rename(join(folder, name), join(making, name));
    }
    await writeFile(join(making, IDENTITY), JSON.stringify(identity), { mode: 0o600 });
    await mkdir(root, { recursive: true, mode: 0o700 });
    await moveFolder(runner, making, join(root, key));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** A disk and parts of a node's own on top of a saved machine's. Returns the shell command that yields its memory. */
export async function cloneSaved(
  runner: CommandRunner,
  saved: SavedMachine,
  folder: string,
): Promise<string> {
  const { disk, parts } = MACHINE_FILES;
  await makeOverlay(runner, { base: join(saved.folder, disk), format: 'qcow2', disk: join(folder, disk) });
  await copyOrLink(runner, join(saved.folder, parts), join(folder, parts));
  return `cat '${join(saved.folder, MEMORY)}'`;
}

const status = z.object({ status: z.string().optional(), 'error-desc': z.string().optional() });

async function migrated(machine: Machine): Promise<void> {
  for (;;) {
    const now = status.parse(await machine.qmp.execute('query-migrate'));
    if (now.status === 'completed') return;
    if (now.status === 'failed' || now.status === 'cancelled') {
      throw new HarnessError(`the machine could not be saved: ${now['error-desc'] ?? now.status}`, {
        code: 'harness',
        hint: 'look for room on the disk of the cache',
      });
    }
    await sleep(50);
  }
}

async function copyOrLink(runner: CommandRunner, from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await link(from, to).catch(async (error: unknown) => {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await runOrThrow(runner, ['cp', '--sparse=always', from, to]);
  });
}
