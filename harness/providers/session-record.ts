// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, readlink, realpath, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { rootless } from '../core/rootless.ts';

const processIdentity = z.strictObject({ pid: z.number().int(), startTicks: z.string() });

const sessionSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{6}$/),
  label: z.string(),
  /** The process that runs the session. */
  owner: processIdentity,
  createdAt: z.string(),
  outDir: z.string(),
  /** True when the site was left up on purpose (`--keep`). */
  kept: z.boolean(),
  /** Absolute paths; some may not exist yet. */
  cgroups: z.array(z.string()).readonly(),
  nodes: z
    .array(
      z.strictObject({
        name: z.string(),
        launcher: processIdentity,
        execSocket: z.string(),
        apiSocket: z.string(),
      }),
    )
    .readonly(),
});

/** What is written down about a session before anything of it exists: session.json. */
export type SessionRecord = z.infer<typeof sessionSchema>;
export type NodeRecord = SessionRecord['nodes'][number];

/** Every session of this machine has a link here to its folder, whatever its state directory: sweep finds all. */
export const REGISTRY_DIR = '/run/airgap';
const RECORD_FILE = 'session.json';

/**
 * `AIRGAP_STATE_DIR`, else /var/lib/airgap, without root ${XDG_STATE_HOME:-~/.local/state}/airgap-readiness; made when it is
 * missing, symbolic links resolved.
 */
export async function stateDirectory(): Promise<string> {
  const folder = resolve(process.env['AIRGAP_STATE_DIR'] ?? defaultDirectory());
  try {
    await mkdir(join(folder, 'sessions'), { recursive: true, mode: 0o700 });
    return await realpath(folder);
  } catch (error) {
    throw new HarnessError(`the state directory "${folder}" cannot be made: ${reasonOf(error)}`, {
      code: 'setup',
      hint: 'set AIRGAP_STATE_DIR to a folder of yours on a disk with room',
    });
  }
}

function defaultDirectory(): string {
  if (process.geteuid?.() === 0 && rootless() === null) return '/var/lib/airgap';
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'airgap-readiness');
}

/** Replaces session.json as a whole: a reader never sees half of it. */
export async function writeRecord(folder: string, record: SessionRecord): Promise<void> {
  const file = join(folder, RECORD_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The record of a session's folder; null when there is none or it is not readable as one. */
export async function readRecord(folder: string): Promise<SessionRecord | null> {
  const text = await readFile(join(folder, RECORD_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return sessionSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Folders of all sessions, of this state directory and of others that the registry knows, without doubles. */
export async function sessionFolders(): Promise<{ id: string; folder: string }[]> {
  const folder = join(await stateDirectory(), 'sessions');
  const own = (await readdir(folder)).map((id) => [id, join(folder, id)] as const);
  const registered = await Promise.all(
    (await readdir(REGISTRY_DIR).catch(() => [])).map(async (id) => {
      const target = await readlink(join(REGISTRY_DIR, id)).catch(() => null);
      return target === null ? [] : [[id, target] as const];
    }),
  );
  const all = new Map([...own, ...registered.flat()].filter(([id]) => /^[0-9a-f]{6}$/.test(id)));
  return [...all].map(([id, path]) => ({ id, folder: path }));
}
