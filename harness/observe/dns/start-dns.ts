// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { HarnessError } from '../../core/errors.ts';
import type { RunningObserver } from '../../core/observer.ts';
import type { ZoneEntry } from '../../core/site.ts';
import { GuardedChild } from '../guarded-child.ts';
import { inOwnSession } from '../own-session.ts';
import type { ObserverOptions } from '../options.ts';
import { settlesWithin } from '../with-deadline.ts';
import { DnsObserver } from './dns-observer.ts';

export interface DnsOptions extends ObserverOptions {
  /** The sink's network namespace, as a path for SpawnOptions.netns. */
  readonly netns: string;
  /** Addresses in it that the node asks. */
  readonly addresses: readonly string[];
  /** Names of the site itself, which exist. @default none */
  readonly zone?: readonly ZoneEntry[];
  /** Profile `trap`: every name of the outside has an address. @default false: none exists */
  readonly trap?: boolean;
  /** @default 53 */
  readonly port?: number;
}

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url));
const START_MS = 10_000;

/**
 * The fake DNS of the gap: knows the names of the site; every other is unknown (NXDOMAIN), or in `trap` has an address of
 * its own. It writes each question down. Resolves when it listens. Throws HarnessError (`harness`) when it cannot.
 */
export async function startDns(options: DnsOptions): Promise<RunningObserver> {
  const { vantage, netns, addresses, log, node, port = 53, zone = [], trap = false } = options;
  const known = { zone, trapBeside: trap ? options.inside.clusterDomain : null };
  const argv = [process.execPath, SERVER, String(port), JSON.stringify(known), ...addresses];
  const child = new GuardedChild(
    vantage.spawn(inOwnSession(vantage, argv), { netns }),
    { log, node, source: 'dns', what: 'the fake DNS', lost: 'no name was answered or written down' },
    () => observer.died(),
  );
  child.expectEnd(); // until it listens its end is reported here
  const observer = new DnsObserver(options, child);
  const inTime = await settlesWithin(Promise.race([observer.listening, child.command.ended]), START_MS);
  if (inTime && child.alive) {
    child.watchEnd();
    return observer;
  }
  await child.end('SIGKILL');
  throw new HarnessError(
    `the fake DNS does not listen on ${addresses.join(', ')} port ${port}: ${child.said()}`,
    {
      code: 'harness',
    },
  );
}
