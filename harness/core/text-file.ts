// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { type ErrorCode, HarnessError } from './errors.ts';
import { printable } from './printable.ts';
import { systemReason } from './system-reason.ts';

export interface TextFileOptions {
  readonly code: ErrorCode;
  readonly maxBytes: number;
  /** What to do when it cannot be read. */
  readonly hint?: string;
}

/**
 * Reads a whole text file.
 *
 * @throws HarnessError (`code`) when it cannot be read, is larger, or is not UTF-8
 */
export async function readTextFile(path: string, options: TextFileOptions): Promise<string> {
  const bytes = await readBytes(path, options);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HarnessError(`${printable(path)} is not a text file in UTF-8`, {
      code: options.code,
      cause: error,
    });
  }
}

async function readBytes(path: string, { code, maxBytes, hint }: TextFileOptions): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw new HarnessError(`${printable(path)} has ${size} bytes; at most ${maxBytes} are read`, { code });
    }
    return await file.readFile();
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError(`cannot read ${printable(path)}: ${systemReason(error)}`, {
      code,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
