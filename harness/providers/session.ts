// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandRunner } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import { rootless } from '../core/rootless.ts';
import { hostRunner } from '../core/runner.ts';
import { destroySession, type SweptThing } from './destroy.ts';
import { sessionCgroups } from './node-cgroups.ts';
import { identify } from './processes.ts';
import {
  type NodeRecord,
  REGISTRY_DIR,
  type SessionRecord,
  stateDirectory,
  writeRecord,
} from './session-record.ts';

/**
 * A run's claim on this machine. Every resource carries `label` in its name: network namespaces `<label>-*`, cgroups
 * `<label>`, trace instances `<label>*`. Disposing removes all of it, unless the session was kept.
 */
export interface Session extends AsyncDisposable {
  readonly id: string;
  readonly label: string;
  /** Folder for its state, mode 0700, on a real disk. */
  readonly folder: string;
  readonly record: SessionRecord;
  readonly runner: CommandRunner;
  /** Writes down a node whose launcher runs, or a node's new launcher. */
  addNode(node: NodeRecord): Promise<void>;
  removeNode(name: string): Promise<void>;
  /** From now on disposing leaves everything up; `airgap down` or `sweep` ends it. */
  keep(): Promise<void>;
  /** Removes everything, kept or not. */
  close(): Promise<SweptThing[]>;
}

export interface SessionOptions {
  /** The run's output folder, for those who find the session later. */
  readonly outDir: string;
  readonly runner?: CommandRunner;
}

/** sockaddr_un holds 108 bytes; `/<node>/exec.sock` comes after the session's folder. */
const LONGEST_FOLDER = 75;

/**
 * Opens a session: its record is on disk before it makes anything else.
 * Throws HarnessError (setup) when the state directory cannot be used.
 */
export async function openSession({ outDir, runner = hostRunner }: SessionOptions): Promise<Session> {
  const id = randomBytes(3).toString('hex');
  const label = `agr-${id}`;
  const folder = join(await stateDirectory(), 'sessions', id);
  if (Buffer.byteLength(folder) > LONGEST_FOLDER) {
    throw new HarnessError(`the state directory's path is too long for sockets: ${folder}`, {
      code: 'setup',
      hint: 'set AIRGAP_STATE_DIR to a shorter path',
    });
  }
  // Whoever looks for it later is outside.
  const owner = rootless()?.owner ?? (await identify(process.pid));
  if (owner === null) throw new HarnessError('/proc does not show this process', { code: 'setup' });
  let record: SessionRecord = {
    version: 1,
    id,
    label,
    owner,
    createdAt: new Date().toISOString(),
    outDir,
    kept: false,
    cgroups: await sessionCgroups(label),
    nodes: [],
  };
  await mkdir(folder, { mode: 0o700 });
  await writeRecord(folder, record);
  await mkdir(REGISTRY_DIR, { recursive: true, mode: 0o700 });
  await symlink(folder, join(REGISTRY_DIR, id));

  const update = async (change: Partial<SessionRecord>): Promise<void> => {
    record = { ...record, ...change };
    await writeRecord(folder, record);
  };
  const close = async (): Promise<SweptThing[]> =>
    await destroySession({ id, label, folder, cgroups: record.cgroups }, runner);
  const others = (name: string): NodeRecord[] => record.nodes.filter((node) => node.name !== name);

  return {
    id,
    label,
    folder,
    runner,
    get record() {
      return record;
    },
    addNode: async (node) => await update({ nodes: [...others(node.name), node] }),
    removeNode: async (name) => await update({ nodes: others(name) }),
    keep: async () => await update({ kept: true }),
    close,
    async [Symbol.asyncDispose]() {
      if (!record.kept) await close();
    },
  };
}
