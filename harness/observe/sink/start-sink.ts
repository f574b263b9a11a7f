// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { HarnessError } from '../../core/errors.ts';
import type { RunningObserver } from '../../core/observer.ts';
import { GuardedChild } from '../guarded-child.ts';
import { inOwnSession } from '../own-session.ts';
import type { ObserverOptions } from '../options.ts';
import { settlesWithin } from '../with-deadline.ts';
import { BACKLOG, withListener } from './open-listener.ts';
import { SinkObserver } from './sink-observer.ts';

export interface SinkOptions extends ObserverOptions {
  /** The sink's network namespace, as a path for SpawnOptions.netns. */
  readonly netns: string;
  /** `trap`: takes every connection that the sink's rules hand over. `proxy`: is asked for other places, and refuses. */
  readonly mode: 'trap' | 'proxy';
  /** TCP port it listens on. */
  readonly port: number;
}

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url));
const START_MS = 10_000;

/**
 * The sink's listener: takes connections that were never to leave, reads what they asked for, and ends them. Resolves when it
 * listens. Throws HarnessError (`harness`) when it cannot.
 */
export async function startSink(options: SinkOptions): Promise<RunningObserver> {
  const { vantage, netns, mode, port, log, node, bufferFactor = 1 } = options;
  const backlog = Math.round(BACKLOG * bufferFactor);
  const server = [process.execPath, SERVER, String(port), String(backlog), mode];
  const argv = withListener({ port, backlog }, server);
  const child = new GuardedChild(
    vantage.spawn(inOwnSession(vantage, argv), { netns }),
    {
      log,
      node,
      source: 'sink',
      what: 'the sink’s listener',
      lost: 'no connection was taken or written down',
    },
    () => observer.died(),
  );
  child.expectEnd(); // until it listens its end is reported here
  const observer = new SinkObserver(options, child, mode === 'proxy');
  const inTime = await settlesWithin(Promise.race([observer.listening, child.command.ended]), START_MS);
  if (inTime && child.alive) {
    child.watchEnd();
    return observer;
  }
  await child.end('SIGKILL');
  throw new HarnessError(`the sink does not listen on port ${port}: ${child.said()}`, { code: 'harness' });
}
