// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { HarnessError, reasonOf } from '../../harness/core/errors.ts';

export interface RunOptions {
  /** File that receives all output; the error quotes its end. */
  readonly log: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Runs a build step whose whole process tree ends with ours, even when we are killed: it is PID 1 of its own PID
 * namespace. Its mounts are its own as well, so that none can stay behind in a folder that is removed later.
 * @throws HarnessError (setup) with the last lines of its output when it fails
 */
export async function runSealed(argv: readonly string[], options: RunOptions): Promise<void> {
  const seal = [
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--mount-proc',
    '--pid',
    '--fork',
    '--kill-child',
  ];
  await runLogged(['setpriv', ...seal, '--', ...argv], argv, options, true);
}

/**
 * Runs a program that must not be cut off when we are killed: a package manager in the middle of its work.
 * @throws HarnessError (setup) with the last lines of its output when it fails
 */
export async function runToEnd(argv: readonly string[], options: RunOptions): Promise<void> {
  await runLogged(argv, argv, options, false);
}

async function runLogged(
  command: readonly string[],
  shown: readonly string[],
  options: RunOptions,
  endsWithUs: boolean,
): Promise<void> {
  await mkdir(dirname(options.log), { recursive: true });
  const start = await stat(options.log).then(
    (log) => log.size,
    () => 0,
  );
  const log = { file: options.log, append: true } as const;
  const [program = '', ...args] = command;
  try {
    await execa(program, args, {
      cleanup: endsWithUs,
      stdin: 'ignore',
      stdout: log,
      stderr: log,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      // unshare ignores SIGTERM while its child runs
      killSignal: 'SIGKILL',
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    const output = (await readFile(options.log)).subarray(start).toString();
    const tail = output.trim().split('\n').slice(-12).join('\n    ');
    throw new HarnessError(
      `${shown.slice(0, 3).join(' ')} failed: ${tail === '' ? reasonOf(error) : `\n    ${tail}`}`,
      { code: 'setup', hint: `the whole output is in ${options.log}`, cause: error },
    );
  }
}

/**
 * Standard output of a short command, trimmed.
 * @returns null when it cannot be run or fails
 */
export async function outputOf(
  argv: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string | null> {
  const [program = '', ...args] = argv;
  const result = await execa(program, args, { reject: false, stdin: 'ignore', ...(env && { env }) });
  return result.failed ? null : result.stdout.trim();
}
