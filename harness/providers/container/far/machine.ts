// SPDX-License-Identifier: Apache-2.0
import { hostname, release } from 'node:os';
import { farEngine } from '../../../core/far-engine.ts';
import { HarnessError } from '../../../core/errors.ts';
import { engineClient, findEngine } from '../find-engine.ts';

/** The machine of an engine, where it is not this one: a Docker Desktop, one behind DOCKER_HOST, or the machine that this container runs on. */
export interface FarMachine {
  /** The engine, in DOCKER_HOST's form. */
  readonly host: string;
  /** Its own name. */
  readonly name: string;
  readonly os: string;
  readonly kernel: string;
}

/**
 * The machine of the engine that would be used; null: it is this one, or no engine runs. Told by kernel and host name: a process in a
 * container has the kernel of its machine, and a name of its own.
 *
 * @throws HarnessError (setup) when DOCKER_HOST names an engine that does not answer, or the machine is no 64-bit x86
 */
export async function farMachine(): Promise<FarMachine | null> {
  const host = farEngine() === null ? await findEngine() : null;
  if (host === null) return null;
  const info = await engineClient(host).info();
  const { Name: name, OperatingSystem: os, KernelVersion: kernel, Architecture: architecture } = info;
  if (kernel === release() && name === hostname()) return null;
  if (architecture === 'x86_64' || architecture === 'amd64') return { host, name, os, kernel };
  throw new HarnessError(
    `the container engine at ${host} runs on another machine, "${name}", which is ${architecture}: what setup makes is for x86_64`,
    { code: 'setup', hint: 'use an engine of a 64-bit x86 machine (DOCKER_HOST), or --provider netns or vm' },
  );
}
