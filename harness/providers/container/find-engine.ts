// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { HarnessError } from '../../core/errors.ts';
import { dockerOptions, engineHosts } from './engine-hosts.ts';

/** Milliseconds that an engine may take to say that it is there. */
const PING_LIMIT = 2000;

/** A client of the engine at that host, whether it answers or not. */
export function engineClient(host: string): Docker {
  return new Docker(dockerOptions(host));
}

/** True when an engine answers there. */
export async function answersAt(host: string): Promise<boolean> {
  const ping = engineClient(host)
    .ping()
    .then(
      () => true,
      () => false,
    );
  return await Promise.race([ping, sleep(PING_LIMIT, false, { ref: false })]);
}

/**
 * Host of the engine that runs and is to be used; null when there is none. Throws HarnessError (setup) when DOCKER_HOST names
 * one that does not answer: another one would be a surprise.
 */
export async function findEngine(): Promise<string | null> {
  const given = process.env['DOCKER_HOST'] ?? '';
  if (given !== '') {
    if (await answersAt(given)) return given;
    throw new HarnessError(`DOCKER_HOST is ${given}, but no engine answers there`, {
      code: 'setup',
      hint: 'start it, or unset DOCKER_HOST',
    });
  }
  for (const host of await engineHosts()) if (await answersAt(host)) return host;
  return null;
}
