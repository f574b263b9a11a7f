// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../harness/core/errors.ts';
import { type GetOptions, httpGet } from './http-get.ts';

export interface DownloadOptions extends Omit<GetOptions, 'headers'> {
  /** Pause before a cut download goes on. */
  readonly pauseMs: number;
}

/** Tries in a row that bring the file no further before it is given up. */
const FRUITLESS_TRIES = 4;

/** The site has answered, and does not give the file: asking again would not help. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`HTTP ${status} ${text}`.trimEnd());
    this.status = status;
  }
}

/**
 * Brings a file here, and goes on where it stopped when it is cut off: in this call, and in a later one for the same
 * `file`, which stays until it is whole. What was there already is used only when the server says that the file is still the
 * same (If-Range with its ETag or Last-Modified); a server that ignores ranges sends all of it again.
 *
 * Whether the bytes are the right ones is for the caller to check.
 * @param file where it goes; `<file>.same` beside it holds the server's mark of the version
 * @throws RefusedError, or Error when it is cut off again and again
 */
export async function resumedDownload(url: URL, file: string, options: DownloadOptions): Promise<void> {
  let furthest = await sizeOf(file);
  for (let fruitless = 0; ; await sleep(options.pauseMs)) {
    try {
      await goOn(url, file, options);
      await rm(`${file}.same`, { force: true });
      return;
    } catch (error) {
      if (error instanceof RefusedError && error.status < 500) throw error;
      const size = await sizeOf(file);
      fruitless = size > furthest ? 0 : fruitless + 1;
      furthest = Math.max(size, furthest);
      if (fruitless >= FRUITLESS_TRIES) {
        throw new Error(`${reasonOf(error)}, after ${furthest} bytes and ${FRUITLESS_TRIES} tries more`, {
          cause: error,
        });
      }
    }
  }
}

async function goOn(url: URL, file: string, options: DownloadOptions): Promise<void> {
  const mark = await readFile(`${file}.same`, 'utf8').catch(() => '');
  const size = mark === '' ? 0 : await sizeOf(file);
  const headers = size === 0 ? {} : { range: `bytes=${size}-`, 'if-range': mark };
  const answer = await httpGet(url, { ...options, headers });
  const { statusCode = 0, statusMessage = '' } = answer;
  if (statusCode === 206 && startsAt(answer, size)) {
    await pipeline(answer, createWriteStream(file, { flags: 'a' }));
    return;
  }
  if (statusCode === 200) {
    await writeFile(`${file}.same`, markOf(answer));
    await pipeline(answer, createWriteStream(file));
    return;
  }
  answer.destroy();
  // 416: the file there is shorter than what came before. 206: of another range. Neither was asked for: from the start again.
  if (statusCode === 416 || statusCode === 206) {
    await rm(`${file}.same`, { force: true });
    throw new Error(`the server sent another part than the one asked for (HTTP ${statusCode})`);
  }
  throw new RefusedError(statusCode, statusMessage);
}

/** RFC 9110, 13.1.5: a weak ETag must not be used for ranges. Empty: a cut download must begin again. */
function markOf({ headers }: IncomingMessage): string {
  const { etag = '' } = headers;
  return etag.startsWith('"') ? etag : (headers['last-modified'] ?? '');
}

const startsAt = ({ headers }: IncomingMessage, size: number): boolean =>
  headers['content-range']?.startsWith(`bytes ${size}-`) === true;

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
