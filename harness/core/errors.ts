// SPDX-License-Identifier: Apache-2.0

/** What kind of trouble it is; decides the exit code (harness/core/exit-codes.ts). */
export type ErrorCode =
  | 'usage' // the command line is wrong
  | 'config' // gate.yaml or an option's file is wrong
  | 'bundle' // the bundle is wrong
  | 'setup' // this machine lacks something that the harness needs
  | 'harness' // the harness itself failed: never the bundle's fault
  | 'interrupted';

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** What to do about it: one sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error that people read. Message order: what failed, on which thing, why; `hint` says what to do.
 * The message of the cause is not repeated: put the reason into the message.
 */
export class HarnessError extends Error {
  override readonly name = 'HarnessError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
  }
}

/** The reason in a thrown value, in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(reasonOf).join('; ');
  if (error instanceof SuppressedError) return `${reasonOf(error.suppressed)}; then ${reasonOf(error.error)}`;
  if (!(error instanceof Error)) return String(error);
  // Of `fetch`, whose every error says that and no more.
  return error.message === NOTHING_SAID && error.cause !== undefined
    ? `${error.message}: ${reasonOf(error.cause)}`
    : error.message;
}

const NOTHING_SAID = 'fetch failed';

/** The system's name for what went wrong (`ENOENT`), or undefined when it was not the system that refused. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
