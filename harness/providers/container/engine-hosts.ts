// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '../../core/errors.ts';
import { stateDirectory } from '../session-record.ts';

/** Where a packaged Docker listens. */
const SYSTEM_HOST = 'unix:///var/run/docker.sock';
/** In a session's folder: the engine that has its containers. */
const ENGINE_FILE = 'engine';

/** Folders and socket of the engine that the harness starts where no other answers. */
export interface OwnEngine {
  /** In DOCKER_HOST's form. */
  readonly host: string;
  readonly socket: string;
  /** Images, containers, volumes. */
  readonly data: string;
  /** Gone with a restart of the machine, as the processes are. */
  readonly run: string;
}

/** One engine for each state directory. */
export async function ownEngine(): Promise<OwnEngine> {
  const state = await stateDirectory();
  const key = createHash('sha256').update(state).digest('hex').slice(0, 8);
  const run = `/run/airgap-engine/${key}`;
  const socket = join(run, 'docker.sock');
  return { host: `unix://${socket}`, socket, data: join(state, 'engine'), run };
}

/** Engines that may have something of ours, the one to use first; those whose socket does not exist are left out. */
export async function engineHosts(env: Readonly<NodeJS.ProcessEnv> = process.env): Promise<string[]> {
  const given = env['DOCKER_HOST'];
  const { host } = await ownEngine();
  const hosts = [...(given === undefined || given === '' ? [] : [given]), SYSTEM_HOST, host];
  return [...new Set(hosts)].filter((each) => {
    const socket = socketOf(each);
    return socket === null || existsSync(socket);
  });
}

/** Path of the unix socket that a DOCKER_HOST names, or null when it names none. */
export function socketOf(host: string): string | null {
  return host.startsWith('unix://') ? host.slice('unix://'.length) : null;
}

/** How dockerode is told of an engine. Throws HarnessError (usage) for a form that it does not know. */
export function dockerOptions(host: string): { socketPath: string } | { host: string; port: number } {
  const socketPath = socketOf(host);
  if (socketPath !== null) return { socketPath };
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url !== null && (url.protocol === 'tcp:' || url.protocol === 'http:') && url.port !== '')
    return { host: url.hostname, port: Number(url.port) };
  throw new HarnessError(`DOCKER_HOST "${host}" cannot be used: unix:///PATH and tcp://HOST:PORT are known`, {
    code: 'usage',
    hint: 'unset DOCKER_HOST to use the engine of this machine',
  });
}

/** Writes down which engine has the containers of a session, before it has any. */
export async function rememberEngine(sessionFolder: string, host: string): Promise<void> {
  await writeFile(join(sessionFolder, ENGINE_FILE), host, { mode: 0o600 });
}

/** The engine that has the containers of a session; null when it has none. */
export async function rememberedEngine(sessionFolder: string): Promise<string | null> {
  return await readFile(join(sessionFolder, ENGINE_FILE), 'utf8').catch(() => null);
}
