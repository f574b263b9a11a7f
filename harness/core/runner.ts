// SPDX-License-Identifier: Apache-2.0
import { spawn as spawnChild } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { CommandRunner, RunningCommand } from './command.ts';
import { HarnessError, reasonOf } from './errors.ts';

/** Environment of the harness's own tools: no proxy, no locale, nothing of the caller's. */
const TOOL_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
} as const;

/** Programs on this machine, through execa. */
export const hostRunner: CommandRunner = {
  async run(argv, options = {}) {
    const [file, ...args] = argv;
    if (file === undefined) throw new HarnessError('cannot run an empty command', { code: 'harness' });
    const result = await execa(file, args, {
      env: { ...TOOL_ENV, ...options.env },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.stdin === undefined ? { stdin: 'ignore' as const } : { input: options.stdin }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
    if (
      result.exitCode === undefined &&
      result.signal === undefined &&
      !result.timedOut &&
      !result.isCanceled
    ) {
      throw new HarnessError(`cannot run "${file}": ${result.originalMessage ?? reasonOf(result)}`, {
        code: 'setup',
        hint: 'run: npm run setup',
      });
    }
    return {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stdout: result.stdout,
      stderr: result.stderr,
      timedOut: result.timedOut,
      cancelled: result.isCanceled,
    };
  },

  spawn(argv, options = {}) {
    const [file, ...args] =
      (options.netns ?? null) === null ? argv : ['nsenter', `--net=${options.netns}`, '--', ...argv];
    if (file === undefined) throw new HarnessError('cannot start an empty command', { code: 'harness' });
    const child = spawnChild(file, args, {
      env: { ...TOOL_ENV, ...options.env },
      stdio: 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    return runningChild(child);
  },
};

/** Runs to the end and demands exit code 0. Throws HarnessError with the command and its standard error otherwise. */
export async function runOrThrow(
  runner: CommandRunner,
  argv: readonly string[],
  options: Parameters<CommandRunner['run']>[1] = {},
): Promise<string> {
  const result = await runner.run(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const how = result.timedOut
    ? 'timed out'
    : result.exitCode === null
      ? `ended by ${result.signal}`
      : `exit code ${result.exitCode}`;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-3).join(' / ');
  throw new HarnessError(`"${argv.join(' ')}" failed (${how})${said === '' ? '' : `: ${said}`}`, {
    code: 'harness',
  });
}

function runningChild(child: ReturnType<typeof spawnChild> & { stdin: unknown }): RunningCommand {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('unreachable: streams are pipes');
  const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('error', () => resolve({ exitCode: 127, signal: null }));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  stdin.on('error', () => {}); // the program may be gone before it has read all: `ended` tells
  return {
    pid: child.pid,
    stdin,
    stdout,
    stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    unref() {
      child.unref();
      for (const stream of [stdin, stdout, stderr]) {
        if (stream instanceof Socket) stream.unref(); // what a pipe to a child is
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM'); // does nothing when it has ended
      const over = await Promise.race([ended, sleep(2000, 'late' as const, { ref: false })]);
      if (over === 'late') {
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}
