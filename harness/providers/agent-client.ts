// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type {
  CommandRunner,
  ExecOptions,
  ExecResult,
  RunningCommand,
  SpawnOptions,
} from '../core/command.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { hostRunner } from '../core/runner.ts';
import { type AgentOutcome, AgentProcess } from './agent-process.ts';

/** How a node is reached whose agent listens on a unix socket; the same for every provider. */
export interface AgentClient {
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  spawn(argv: readonly string[], options?: Omit<SpawnOptions, 'netns'>): RunningCommand;
  upload(from: string, to: string): Promise<void>;
  writeFile(path: string, content: string, mode?: number): Promise<void>;
}

export interface AgentTarget {
  /** Path of exec.sock. */
  readonly socket: string;
  /** For messages. */
  readonly node: string;
}

/** A client for one node; it holds nothing open between calls. */
export function agentClient(target: AgentTarget, runner: CommandRunner = hostRunner): AgentClient {
  const exec: AgentClient['exec'] = async (argv, options = {}) => await execIn(target, argv, options);
  return {
    exec,
    spawn: (argv, options = {}) => startIn(target, argv, { ...options, stdin: true }),
    upload: async (from, to) => await upload(target, runner, from, to),
    async writeFile(path, content, mode = 0o644) {
      const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
      const result = await exec(['sh', '-c', script, 'sh', path, mode.toString(8)], { stdin: content });
      needSuccess(target, `write ${path}`, result);
    },
  };
}

function startIn(
  target: AgentTarget,
  argv: readonly string[],
  options: Omit<SpawnOptions, 'netns'> & { readonly stdin: boolean },
): AgentProcess {
  const { cwd = '/', env = {}, stdin } = options;
  return new AgentProcess(target.socket, { argv, env, cwd, tty: null, stdin });
}

/** Throws HarnessError when the program cannot be started or the node goes away; any exit code is a result. */
async function execIn(
  target: AgentTarget,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { stdin, timeoutMs, signal, cwd, env } = options;
  const program = startIn(target, argv, {
    stdin: stdin !== undefined,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  if (stdin !== undefined) program.stdin.end(stdin);
  const output = Promise.all([text(program.stdout), text(program.stderr)]);
  const stopper = watchForStop(program, timeoutMs, signal);
  const outcome = await program.outcome;
  stopper[Symbol.dispose]();
  const [stdout, stderr] = await output;
  const { timedOut, cancelled } = stopper;
  if (outcome.kind === 'exit') {
    return { exitCode: outcome.exitCode, signal: outcome.signal, stdout, stderr, timedOut, cancelled };
  }
  if (outcome.kind === 'lost' && (timedOut || cancelled)) {
    return { exitCode: null, signal: 'SIGKILL', stdout, stderr, timedOut, cancelled };
  }
  throw notRun(target, argv, outcome);
}

interface Stopper extends Disposable {
  timedOut: boolean;
  cancelled: boolean;
}

/** Kills the process group when time is over or the caller no longer wants it; lets go when even that does not help. */
function watchForStop(
  program: AgentProcess,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Stopper {
  const timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    program.kill('SIGKILL');
    timers.push(setTimeout(() => program.abandon('it did not end after SIGKILL'), 2000));
  };
  const cancel = (): void => {
    stopper.cancelled = true;
    stop();
  };
  const stopper: Stopper = {
    timedOut: false,
    cancelled: false,
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    },
  };
  if (timeoutMs !== undefined) {
    const expire = (): void => {
      stopper.timedOut = true;
      stop();
    };
    timers.push(setTimeout(expire, timeoutMs));
  }
  if (signal?.aborted === true) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  return stopper;
}

async function upload(target: AgentTarget, runner: CommandRunner, from: string, to: string): Promise<void> {
  const info = await stat(from).catch((error: unknown) => {
    throw new HarnessError(`cannot copy "${from}" into node "${target.node}": ${reasonOf(error)}`, {
      code: 'harness',
      cause: error,
    });
  });
  if (info.isDirectory()) {
    const archive = ['tar', '-C', from, '--owner=0', '--group=0', '--numeric-owner', '-cf', '-', '.'];
    await using reader = runner.spawn(archive);
    const script = 'mkdir -p "$1" && exec tar -C "$1" --no-same-owner -xpf -';
    await feed(target, `copy ${from} to ${to}`, ['sh', '-c', script, 'sh', to], reader.stdout);
    const { exitCode } = await reader.ended;
    if (exitCode !== 0) {
      throw new HarnessError(`cannot copy "${from}" into node "${target.node}": tar ended with ${exitCode}`, {
        code: 'harness',
      });
    }
    return;
  }
  // Renamed into place: nothing in the node ever sees half a file.
  const script = 'mkdir -p "$3" && cat >"$1.part" && chmod "$2" "$1.part" && mv -fT "$1.part" "$1"';
  const mode = (info.mode & 0o7777).toString(8);
  const argv = ['sh', '-c', script, 'sh', to, mode, dirname(to)];
  await feed(target, `copy ${from} to ${to}`, argv, createReadStream(from));
}

/** Runs a program on a stream of input. */
async function feed(
  target: AgentTarget,
  what: string,
  argv: readonly string[],
  input: Readable,
): Promise<void> {
  const program = startIn(target, argv, { stdin: true });
  program.stdout.resume();
  const stderr = text(program.stderr);
  await pipeline(input, program.stdin);
  const outcome = await program.outcome;
  if (outcome.kind !== 'exit') throw notRun(target, argv, outcome);
  needSuccess(target, what, { ...outcome, stderr: await stderr });
}

function needSuccess(
  target: AgentTarget,
  what: string,
  result: Pick<ExecResult, 'exitCode' | 'signal' | 'stderr'>,
): void {
  if (result.exitCode === 0) return;
  const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
  throw new HarnessError(`cannot ${what} in node "${target.node}" (${how}): ${result.stderr.trim()}`, {
    code: 'harness',
  });
}

function notRun(
  target: AgentTarget,
  argv: readonly string[],
  outcome: Exclude<AgentOutcome, { kind: 'exit' }>,
): HarnessError {
  const command = argv.join(' ').slice(0, 200);
  return outcome.kind === 'refused'
    ? new HarnessError(`cannot run "${command}" in node "${target.node}": ${outcome.reason}`, {
        code: 'harness',
      })
    : new HarnessError(`node "${target.node}" went away while it ran "${command}": ${outcome.reason}`, {
        code: 'harness',
        hint: 'look at the node’s memory limit and at the kernel log',
      });
}
