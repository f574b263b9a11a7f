// SPDX-License-Identifier: Apache-2.0
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { Event, EventBody, EventSink } from '../core/events.ts';

/** Lines wait in memory this long at most before they are on disk. */
const FLUSH_EVERY_MS = 250;

/**
 * The run's one log, append-only: `events.jsonl`, an event a line in order of arrival (`seq`); `at` says when a thing
 * happened. Every event is handed to `listener` as well: the live fold.
 */
export class EventLog implements EventSink, Disposable {
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #listener: (event: Event) => void;
  readonly #timer: NodeJS.Timeout;
  #lines: string[] = [];
  #seq = 0;
  #closed = false;

  /** Throws HarnessError when the file cannot be made. */
  constructor(path: string, clock: Clock, listener: (event: Event) => void) {
    try {
      this.#fd = openSync(path, 'ax', 0o644);
    } catch (error) {
      throw new HarnessError(`cannot write the event log "${path}": ${reasonOf(error)}`, {
        code: 'usage',
        hint: 'give another folder with --out',
      });
    }
    this.#clock = clock;
    this.#listener = listener;
    this.#timer = setInterval(() => this.flush(), FLUSH_EVERY_MS).unref();
  }

  append(body: EventBody, stamp: { readonly at?: number; readonly node?: string } = {}): void {
    if (this.#closed) return; // an observer that is late after the run's last event has nothing to prove
    const { at = this.#clock.now(), node } = stamp;
    this.#seq += 1;
    const event: Event = { v: 1, seq: this.#seq, at, ...(node === undefined ? {} : { node }), ...body };
    this.#lines.push(JSON.stringify(event));
    this.#listener(event);
  }

  /** Everything appended so far is in the file when it returns. */
  flush(): void {
    if (this.#lines.length === 0) return;
    writeSync(this.#fd, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }
}

/**
 * Reads a log back. Throws HarnessError, with file and line, on a line that is no event, on a log of a newer version and
 * on a log that does not begin with the run. A last line that is cut off (the run was killed) is left out.
 */
export async function readEvents(path: string): Promise<Event[]> {
  const events: Event[] = [];
  let number = 0;
  let broken: { line: number; reason: string } | undefined;
  const refuse = (line: number, reason: string): HarnessError =>
    new HarnessError(`${path}:${line}: ${reason}`, {
      code: 'usage',
      hint: 'name the folder of a run, as in reports/out/<run-id>',
    });
  try {
    for await (const text of createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Infinity,
    })) {
      number += 1;
      if (broken !== undefined) throw refuse(broken.line, broken.reason);
      try {
        events.push(parseEvent(text));
      } catch (error) {
        broken = { line: number, reason: reasonOf(error) };
      }
    }
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError(`cannot read the event log "${path}": ${reasonOf(error)}`, {
      code: 'usage',
      hint: 'name the folder of a run, as in reports/out/<run-id>',
      cause: error,
    });
  }
  if (broken !== undefined && !broken.reason.includes('JSON')) throw refuse(broken.line, broken.reason);
  if (events[0]?.type !== 'run') throw refuse(1, 'the log does not begin with a run event');
  return events;
}

const eventShape = z.custom<Event>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'at' in value &&
    typeof value.at === 'number',
  'not an event',
);

/** The envelope is checked; the rest was written by this tool, in this version. */
function parseEvent(text: string): Event {
  const value: unknown = JSON.parse(text);
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (version !== 1) throw new Error(`this log has version ${String(version)}; this tool reads version 1`);
  return eventShape.parse(value);
}
