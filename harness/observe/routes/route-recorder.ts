// SPDX-License-Identifier: Apache-2.0
import type { Clock, RunNs } from '../../core/clock.ts';
import type { EventSink, NodeId } from '../../core/events.ts';
import { LineSplitter } from '../line-splitter.ts';
import { protocolOf, hasPorts } from '../protocols.ts';
import type { InsideAddresses } from '../../core/inside-addresses.ts';
import { type Folded, SecondFold } from '../second-fold.ts';
import { Attempts, isUnspecified, type Source } from './attempts.ts';
import type { ProcReader } from './proc-reader.ts';
import type { RunningTasks } from './running-tasks.ts';
import { TaskLog } from './task-log.ts';
import { type Image, TaskTable } from './task-table.ts';
import { destinationOf, type LookupRecord, parseTraceLine, type TaskRecord } from './trace-line.ts';

export interface RecorderOptions {
  readonly log: EventSink;
  readonly clock: Clock;
  readonly node: NodeId;
  readonly inside: InsideAddresses;
  readonly proc: ProcReader;
  /** Called for each marker, when everything before it has been taken; `at` is when it was made. */
  readonly onMarker: (source: TraceSource, text: string, at: RunNs) => void;
}

/** `node`: the node's own tasks. `io-uring`: the kernel's io_uring threads of the whole machine. */
export type TraceSource = 'node' | 'io-uring';

interface Attempt {
  lookup: LookupRecord;
  source: Source;
  /** Null: not known yet; asked for again when it is written. */
  image: Image | null;
}

const MOST_TEXT = 400;
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
  readonly #waiting: (TaskRecord | LookupRecord)[] = [];
  /** CLOCK_MONOTONIC of the newest record. */
  #latest = 0;
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

  /** CLOCK_MONOTONIC of the newest record taken, nanoseconds. */
  get latest(): number {
    return this.#latest;
  }

  /** Lines that were not understood, and records that the trace says it lost. */
  get lost(): { readonly unreadable: number; readonly overwritten: number } {
    return { unreadable: this.#unreadable, overwritten: this.#overwritten };
  }

  /** Takes a task that runs before the trace begins; `at` is CLOCK_MONOTONIC, nanoseconds. */
  seed(tid: number, at: number): void {
    this.#tasks.seed(tid, at, 'launcher');
  }

  /** Takes all tasks that run as the trace begins; to be called before the trace is read. Threads are their process's. */
  seedAll({ tasks, proc }: RunningTasks, at: number): void {
    for (const { tid, pid } of tasks) if (tid === pid) this.#tasks.seed(tid, at, '?', proc);
    for (const { tid, pid } of tasks) {
      if (tid !== pid) this.#tasks.add({ kind: 'fork', at, tid: pid, child: tid, isIoThread: false });
    }
  }

  push(source: TraceSource, chunk: Buffer): void {
    for (const line of this.#splitters[source].push(chunk)) this.#line(source, line);
  }

  /** True when something waits to be written, and began before `time`. */
  isDue(time: RunNs): boolean {
    return this.#waiting.length > 0 || this.#fold.isDue(time);
  }

  /**
   * Writes what began before `time`. Only what a marker has come back for may be written: an attempt may still be made more
   * exact by a look-up of its own, and a thread of io_uring known by a record of the other trace.
   */
  writeBefore(time: RunNs): void {
    this.#takeWaiting(time);
    this.#fold.closeBefore(time);
    this.#tasks.forgetDead(this.#latest);
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
    this.#latest = Math.max(this.#latest, record.at);
    if (record.kind === 'marker') {
      return this.#options.onMarker(
        source,
        record.text,
        this.#options.clock.fromMonotonic(BigInt(record.at)),
      );
    }
    this.#received += 1;
    if (source === 'io-uring') this.#waiting.push(record);
    else this.#take(record);
  }

  #take(record: TaskRecord | LookupRecord): void {
    if (record.kind === 'lookup') {
      if (!record.interrupt) this.#lookup(record);
      return;
    }
    this.#tasks.add(record);
    if (record.kind === 'exit') this.#attempts.forget(record.tid);
  }

  /**
   * Records of io_uring's threads, taken when those that tell whose threads they are have come through the other pipe. The
   * threads of others are dropped, and tasks of the node that only have such a name: they are in the other trace.
   */
  #takeWaiting(time: RunNs): void {
    const later: (TaskRecord | LookupRecord)[] = [];
    for (const record of this.#waiting.splice(0)) {
      if (this.#runNs(record) >= time) later.push(record);
      else if (this.#tasks.isIoThread(record.tid)) this.#take(record);
    }
    this.#waiting.push(...later);
  }

  #lookup(record: LookupRecord): void {
    const known = this.#attempts.continued(record);
    if (known !== null) {
      const { item, count } = known.attempt;
      if (count === 1) item.source = known.source;
      return;
    }
    const attempt: Attempt = {
      lookup: record,
      source: { address: record.source, port: record.sourcePort },
      image: this.#tasks.now(record.tid),
    };
    this.#attempts.begin(record, this.#fold.add(foldKey(attempt), this.#runNs(record), attempt));
  }

  #runNs({ at }: Pick<LookupRecord, 'at'>): RunNs {
    return this.#options.clock.fromMonotonic(BigInt(at));
  }

  #write({ item, at, last, count }: Folded<Attempt>): void {
    const { lookup, source } = item;
    const { tid } = lookup;
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

function foldKey({ lookup, image }: Attempt): string | null {
  const isQuestion = lookup.destinationPort === DNS_PORT;
  if (isQuestion && lookup.sourcePort === 0) return null;
  const who =
    image === null ? `tid ${lookup.tid}` : `${image.tid} ${image.startedAt} ${image.cgroup?.container ?? ''}`;
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
