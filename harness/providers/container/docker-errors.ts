// SPDX-License-Identifier: Apache-2.0

/** HTTP status with which an engine refused; undefined: it was no such refusal. */
export function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
}

/** For a removal: what is not there is gone. Throws what else went wrong. */
export function ignoreMissing(error: unknown): void {
  if (statusOf(error) !== 404) throw error;
}
