// SPDX-License-Identifier: Apache-2.0
import type { Readable, Writable } from 'node:stream';

export interface ExecOptions {
  readonly cwd?: string;
  /** Added to the environment the place gives; nothing of the harness's own environment is inherited by a node. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. @default nothing: standard input is empty */
  readonly stdin?: string | Buffer;
  /** Milliseconds; the process group is killed when they are over. @default none */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  /** Exit code; null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** True when `timeoutMs` or `signal` ended it. */
  readonly timedOut: boolean;
  readonly cancelled: boolean;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A path for `nsenter --net=`: run in that network namespace. @default null: the place's own */
  readonly netns?: string | null;
}

/** A process that runs on; disposing it ends it (SIGTERM, then SIGKILL after two seconds) and waits for its end. */
export interface RunningCommand extends AsyncDisposable {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it has ended and its streams are closed; never rejects. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
  /** From now on this process may exit while it runs on. */
  unref?(): void;
}

/** Runs programs on the machine the harness runs on. The seam of root-only code: tests may script it. */
export interface CommandRunner {
  /** Runs to the end; a non-zero exit code is a result, not an error. Throws HarnessError when it cannot be started. */
  run(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  spawn(argv: readonly string[], options?: SpawnOptions): RunningCommand;
}
