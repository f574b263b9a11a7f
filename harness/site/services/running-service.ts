// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { PlannedService } from '../../core/site.ts';

/** A program that stands for a service. */
export interface ServiceProgram {
  readonly service: PlannedService;
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The service's namespace, as a path for SpawnOptions.netns. */
  readonly netns: string;
  /** All that it says, its record of who used it among it. */
  readonly logFile: string;
  /** Run in the namespace until it ends with 0: the service is of use then. @default it listens on all its TCP ports */
  readonly ready?: readonly string[];
  /** What ends it. @default SIGTERM */
  readonly endWith?: NodeJS.Signals;
}

export interface RunningService extends AsyncDisposable {
  readonly service: PlannedService;
  /** Ends it; from then on nobody answers at its address. */
  stop(): Promise<void>;
}

const READY_MS = 20_000;
const POLL_MS = 50;

/** Opens a connection to each port of an address; bash does. */
const CONNECT = 'address=$1; shift; for port; do exec 3<>"/dev/tcp/$address/$port" || exit 1; done';
/** Straight to its file: the service may outlive the harness (`--keep`). */
const WITH_LOG = 'exec "$@" >>"$0" 2>&1 </dev/null';

/**
 * Starts a service's program in its namespace, in a session of its own, and waits until it is of use. Its end before it is
 * told to is a fault of the run. Throws HarnessError with what it said when it is of no use in time.
 */
export async function startService(
  runner: CommandRunner,
  log: EventSink,
  program: ServiceProgram,
): Promise<RunningService> {
  const { service, argv, netns, logFile, cwd, env } = program;
  await mkdir(dirname(logFile), { recursive: true });
  const child = runner.spawn(['setsid', '--', 'sh', '-c', WITH_LOG, logFile, ...argv], {
    netns,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  child.unref?.();
  let isExpected = true; // until it is ready its end is reported here
  let hasEnded = false;
  const watch = async (): Promise<void> => {
    const { exitCode, signal } = await child.ended;
    hasEnded = true;
    if (isExpected) return;
    const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    const message = `the service "${service.name}" of the site ended on its own (${how}): nobody answered at ${service.hosts.join(', ')} from then on`;
    log.append({ type: 'fault', source: `site/${service.name}`, message });
  };
  const watched = watch();
  const stop = async (): Promise<void> => {
    isExpected = true;
    if (program.endWith !== undefined) child.kill(program.endWith);
    await child[Symbol.asyncDispose]();
    await watched;
  };
  if (await isOfUse(runner, program, () => hasEnded)) {
    isExpected = false;
    return { service, stop, [Symbol.asyncDispose]: stop };
  }
  await stop();
  const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' / ');
  throw new HarnessError(
    `the service "${service.name}" of the site (${service.hosts.join(', ')}) does not answer on port ${service.ports.join(', ')}: ${said || 'it said nothing'}`,
    { code: service.kind === 'program' ? 'config' : 'harness', hint: `read ${logFile}` },
  );
}

async function isOfUse(
  runner: CommandRunner,
  { service, netns, ready }: ServiceProgram,
  hasEnded: () => boolean,
): Promise<boolean> {
  const connect = ['bash', '-c', CONNECT, 'bash', service.address, ...service.ports.map(String)];
  const ask = ['nsenter', `--net=${netns}`, '--', ...(ready ?? connect)];
  for (const until = performance.now() + READY_MS; performance.now() < until; await sleep(POLL_MS)) {
    if (hasEnded()) return false;
    if ((await runner.run(ask, { timeoutMs: READY_MS })).exitCode === 0) return !hasEnded();
  }
  return false;
}
