// SPDX-License-Identifier: Apache-2.0
import { outputOf } from '../../core/command-output.ts';
import { HarnessError } from '../../core/errors.ts';
import type { RunningObserver } from '../../core/observer.ts';
import { GuardedChild } from '../guarded-child.ts';
import { inOwnSession } from '../own-session.ts';
import type { ObserverOptions } from '../options.ts';
import { InsideAddresses } from '../../core/inside-addresses.ts';
import { notInsideFilter } from './inside-filter.ts';
import { localProc, noProc } from './proc-reader.ts';
import { type RecorderOptions, RouteRecorder } from './route-recorder.ts';
import { listTasks } from './running-tasks.ts';
import { RoutesObserver } from './routes-observer.ts';
import { CONTROL, SET_UP } from './trace-scripts.ts';

/** Where every node has the harness's helper program. */
const AGENT = '/run/airgap/airgap-node';

export interface RoutesOptions extends ObserverOptions {
  /** Session label: names the trace instances. */
  readonly label: string;
  /** As in PreparedNode: the launcher that waits, null for everything that the kernel runs. */
  readonly launcherTid: number | null;
}

export interface RunningRoutes extends RunningObserver {
  /** Follows the launcher of a node that is started again; it has to wait until this resolves. */
  retrace(launcherTid: number): Promise<void>;
}

/**
 * Observer `routes`: every look-up of a route that a process of the node makes, whether or not a packet comes of it, with
 * the process. Resolves when the trace is on; only then may the launcher go on. Throws HarnessError (`setup`) when this
 * machine cannot trace.
 */
export async function startRoutes(options: RoutesOptions): Promise<RunningRoutes> {
  const { vantage, label, launcherTid, log, node, clock } = options;
  await using setUp = vantage.spawn([
    'sh',
    '-c',
    SET_UP,
    'sh',
    label,
    String(launcherTid ?? ''),
    notInsideFilter(options.inside),
    String(options.bufferFactor ?? 1),
  ]);
  const { exitCode, stderr } = await outputOf(setUp);
  if (exitCode !== 0) {
    throw new HarnessError(
      `cannot trace the routing of node "${node}": ${stderr.trim() || `exit code ${exitCode ?? 'none'}`}`,
      { code: 'setup', hint: 'run: npm run airgap -- doctor' },
    );
  }
  const onMarker: RecorderOptions['onMarker'] = (source, text, at) => observer.marked(source, text, at);
  const recorder = new RouteRecorder({
    log,
    clock,
    node,
    inside: new InsideAddresses(options.inside),
    proc: vantage.isLocal ? localProc : noProc,
    onMarker,
  });
  const now = Number(vantage.clock.monotonicNow());
  if (launcherTid !== null) recorder.seed(launcherTid, now);
  else recorder.seedAll(await listTasks(vantage, AGENT), now);
  const child = (argv: readonly string[], what: string, lost: string): GuardedChild =>
    new GuardedChild(
      vantage.spawn(inOwnSession(vantage, argv)),
      { log, node, source: 'routes', what, lost },
      () => observer.died(),
    );
  const folder = `/sys/kernel/tracing/instances/${label}`;
  const observer = new RoutesObserver({
    options,
    recorder,
    readers: {
      node: child(
        ['cat', `${folder}/trace_pipe`],
        'the reader of the routing trace',
        'no routing look-up was seen',
      ),
      'io-uring': child(
        ['cat', `${folder}-iou/trace_pipe`],
        "the reader of io_uring's routing trace",
        'no routing look-up of an io_uring thread was seen',
      ),
    },
    control: child(
      ['sh', '-c', CONTROL, 'sh', label],
      'the control of the routing trace',
      'losses were not counted',
    ),
  });
  return observer;
}
