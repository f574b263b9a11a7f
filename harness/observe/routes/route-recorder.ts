// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../core/clock.ts';
import type { EventSink, NodeId } from '../../core/events.ts';
import { LineSplitter } from '../line-splitter.ts';
import { protocolOf, hasPorts } from '../protocols.ts';
import type { ProvablyInside } from '../provably-inside.ts';
import { FOLD_NS, type Folded, SecondFold } from '../second-fold.ts';
import { Attempts, isUnspecified, type Source } from './attempts.ts';
import type { ProcReader } from './proc-reader.ts';
import { TaskLog } from './task-log.ts';
import { type Image, TaskTable } from './task-table.ts';
import { destinationOf, type LookupRecord, parseTraceLine } from './trace-line.ts';

export interface RecorderOptions {
  readonly log: EventSink;
  readonly clock: Clock;
  readonly node: NodeId;
  readonly inside: ProvablyInside;
  readonly proc: ProcReader;
  /** Called with the text of each marker, when everything before it has been taken. */
  readonly onMarker: (source: TraceSource, text: string) => void;
}

/** `node`: the node's own tasks. `io-uring`: the kernel's io_uring threads of the whole machine. */
export type TraceSource = 'node' | 'io-uring';

interface Attempt {
  lookup: LookupRecord;
  source: Source;
  /** Null: not known yet; asked for again when it is written. */
  image: Image | null;
  tid: number;
}

const MOST_TEXT = 400;
const IO_THREAD = /^iou-(?:sqp|wrk)-(\d+)$/;
const DNS_PORT = 53;

/**
 * Turns the trace into events. Counts attempts, not look-ups (attempts.ts). Folds attempts of one program to one
 * destination within a second; those to port 53 only when they come from one socket, because a question in a capture finds
 * its process by the source port.
 */
export class RouteRecorder {
  readonly #options: RecorderOptions;
  readonly #tasks: TaskTable;
  readonly #taskLog: TaskLog;
  readonly #attempts = new Attempts<Folded<Attempt>>();
  readonly #fold: SecondFold<Attempt>;
  readonly #splitters: Readonly<Record<TraceSource, LineSplitter>> = {
    node: new LineSplitter(),
    'io-uring': new LineSplitter(),
  };
  readonly #waiting: LookupRecord[] = [];
  #lastSweep = 0;
  #received = 0;
  #unreadable = 0;
  /** LOST lines: the buffer was overwritten before it was read. */
  #overwritten = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#tasks = new TaskTable(options.proc);
    this.#taskLog = new TaskLog(options);
    this.#fold = new SecondFold((folded) => this.#write(folded));
  }

  /** Records taken so far. */
  get received(): number {
    return this.#received;
  }

  /** Lines that were not understood, and records that the trace says it lost. */
  get lost(): { readonly unreadable: number; readonly overwritten: number } {
    return { unreadable: this.#unreadable, overwritten: this.#overwritten };
  }

  /** Takes a task that runs before the trace begins; `at` is CLOCK_MONOTONIC, nanoseconds. */
  seed(tid: number, at: number): void {
    this.#tasks.seed(tid, at, 'launcher');
  }

  push(source: TraceSource, chunk: Buffer): void {
    for (const line of this.#splitters[source].push(chunk)) this.#line(source, line);
  }

  /** Writes what began more than a second ago, and forgets the long dead. To be called a few times a second. */
  tick(): void {
    const now = this.#options.clock.now();
    this.#resolveWaiting();
    this.#fold.closeBefore(now - FOLD_NS);
    if (now - this.#lastSweep < 10 * FOLD_NS) return;
    this.#lastSweep = now;
    this.#tasks.forgetDead(Number(process.hrtime.bigint()));
  }

  /** Writes everything taken so far. */
  writeAll(): void {
    this.#resolveWaiting();
    this.#fold.closeAll();
  }

  #line(source: TraceSource, line: string): void {
    if (line === '' || line.startsWith('#')) return;
    const place = destinationOf(line);
    if (place !== null && place.port !== '53' && this.#options.inside.has(place.address)) {
      this.#received += 1;
      return;
    }
    const record = parseTraceLine(line);
    if (record === null) {
      this.#unreadable += 1;
      return;
    }
    if (record.kind === 'lost') {
      this.#overwritten += record.count;
      return;
    }
    if (record.kind === 'marker') return this.#options.onMarker(source, record.text);
    this.#received += 1;
    if (record.kind !== 'lookup') {
      this.#tasks.add(record);
      if (record.kind === 'exit') this.#attempts.forget(record.tid);
      return;
    }
    if (record.interrupt) return;
    if (source === 'io-uring') this.#waiting.push(record);
    else this.#lookup(record, record.tid);
  }

  /**
   * An io_uring thread is no child of the task that it works for, but has its number in its name. It is resolved later,
   * since that task's own records come through another pipe; whose task is not of this node is not this node's.
   */
  #resolveWaiting(): void {
    for (const record of this.#waiting.splice(0)) {
      const owner = Number(IO_THREAD.exec(record.comm)?.[1]);
      const isOther = Number.isNaN(owner) || this.#tasks.now(owner) === null;
      const isTracedItself = this.#tasks.now(record.tid) !== null; // an ordinary thread with such a name
      if (!isOther && !isTracedItself) this.#lookup(record, owner);
    }
  }

  #lookup(record: LookupRecord, tid: number): void {
    const known = this.#attempts.continued(record);
    if (known !== null) {
      const { item, count } = known.attempt;
      if (count === 1) item.source = known.source;
      return;
    }
    const image = this.#tasks.now(tid);
    const attempt: Attempt = {
      lookup: record,
      source: { address: record.source, port: record.sourcePort },
      image,
      tid,
    };
    const at = this.#options.clock.fromMonotonic(BigInt(record.at));
    this.#attempts.begin(record, this.#fold.add(foldKey(attempt), at, attempt));
  }

  #write({ item, at, last, count }: Folded<Attempt>): void {
    const { lookup, source, tid } = item;
    const image = item.image ?? this.#tasks.now(tid) ?? this.#tasks.seed(tid, lookup.at, lookup.comm);
    const task = this.#taskLog.write(this.#tasks.complete(tid, image));
    const ports = hasPorts(lookup.protocolNumber);
    this.#options.log.append(
      {
        type: 'sighting',
        observer: 'routes',
        last,
        count,
        task,
        from: {
          ...(isUnspecified(source.address) ? {} : { address: source.address }),
          ...(source.port === 0 ? {} : { port: source.port }),
        },
        to: {
          ...protocolOf(lookup.protocolNumber),
          address: lookup.destination,
          ...(ports ? { port: lookup.destinationPort } : {}),
        },
        err: lookup.err,
        raw: { text: textOf(lookup) },
      },
      { at, node: this.#options.node },
    );
  }
}

function foldKey({ lookup, image, tid }: Attempt): string | null {
  const isQuestion = lookup.destinationPort === DNS_PORT;
  if (isQuestion && lookup.sourcePort === 0) return null;
  const who =
    image === null ? `tid ${tid}` : `${image.tid} ${image.startedAt} ${image.cgroup?.container ?? ''}`;
  const { protocolNumber, destination, destinationPort, err } = lookup;
  const socket = isQuestion ? lookup.sourcePort : '';
  return `${who}|${protocolNumber}|${destination}|${destinationPort}|${err}|${socket}`;
}

/** The look-up in the trace's own words, for a person. */
function textOf(lookup: LookupRecord): string {
  const { comm, tid, protocolNumber, source, sourcePort, destination, destinationPort, table, err } = lookup;
  const text = `${comm}-${tid} table ${table} proto ${protocolNumber} ${source}/${sourcePort} -> ${destination}/${destinationPort} err ${err}`;
  return text.slice(0, MOST_TEXT);
}
