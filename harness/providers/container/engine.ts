// SPDX-License-Identifier: Apache-2.0
import type Docker from 'dockerode';
import { getContainerRuntimeClient } from 'testcontainers';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { ownEngine } from './engine-hosts.ts';
import { answersAt, findEngine } from './find-engine.ts';
import { startOwnEngine } from './own-engine.ts';

/** A container engine that answers in Docker's language. */
export interface Engine {
  /** In DOCKER_HOST's form. */
  readonly host: string;
  readonly docker: Docker;
  /** For people: `Docker 20.10.24`, `Podman Engine 4.3.1`. */
  readonly version: string;
  /**
   * A privileged container gets every right that the engine itself has (Podman), instead of all that the kernel knows (Docker,
   * which starts none when it lacks one).
   */
  readonly privilegedIsWithinItsOwn: boolean;
}

/**
 * The engine to use: the one that DOCKER_HOST names, else the one of this machine, else one of the harness's own, which is
 * started when it does not run. Throws HarnessError (setup).
 */
export async function openEngine(): Promise<Engine> {
  const host = await chooseHost();
  // testcontainers is told by its environment only, and keeps one engine for the life of this process.
  process.env['DOCKER_HOST'] = host;
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'; // its image would have to be pulled; labels and sweep do the same
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1'; // never asked for: no node has a published port
  try {
    const client = await getContainerRuntimeClient();
    const docker = client.container.dockerode;
    const { Components: parts, Version: number } = await docker.version();
    const name = parts[0]?.Name ?? 'Engine'; // Docker's own name for itself, too
    return {
      host,
      docker,
      version: `${name === 'Engine' ? 'Docker' : name} ${number}`,
      privilegedIsWithinItsOwn: name.startsWith('Podman'),
    };
  } catch (error) {
    throw new HarnessError(`the container engine at ${host} cannot be used: ${reasonOf(error)}`, {
      code: 'setup',
      hint: 'start it, or unset DOCKER_HOST',
      cause: error,
    });
  }
}

async function chooseHost(): Promise<string> {
  const found = await findEngine();
  if (found !== null) return found;
  const own = await ownEngine();
  await startOwnEngine(own, async () => await answersAt(own.host));
  return own.host;
}
