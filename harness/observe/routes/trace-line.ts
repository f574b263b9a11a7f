// SPDX-License-Identifier: Apache-2.0

/** A routing look-up of a process (events fib:fib_table_lookup and fib6:fib6_table_lookup). */
export interface LookupRecord {
  readonly kind: 'lookup';
  readonly tid: number;
  /** Name of the thread, at most 15 characters. */
  readonly comm: string;
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly at: number;
  /** Made in interrupt context: by an ICMP error, or by a router that got the packet in the sender's own call. */
  readonly interrupt: boolean;
  readonly table: number;
  readonly protocolNumber: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly err: number;
}

/** What a task does with itself. */
export type TaskRecord =
  | {
      readonly kind: 'fork';
      readonly at: number;
      readonly tid: number;
      readonly child: number;
      /** A thread that the kernel made to do io_uring's work of the task. */
      readonly isIoThread: boolean;
    }
  | {
      readonly kind: 'exec';
      readonly at: number;
      readonly tid: number;
      /** Differs from `tid` when another thread than the leader called exec: the leader's id goes over to it. */
      readonly oldTid: number;
      readonly filename: string;
    }
  | { readonly kind: 'exit'; readonly at: number; readonly tid: number }
  | { readonly kind: 'attach'; readonly at: number; readonly tid: number; readonly path: string };

export type TraceRecord =
  | LookupRecord
  | TaskRecord
  | { readonly kind: 'marker'; readonly at: number; readonly text: string }
  | { readonly kind: 'lost'; readonly count: number };

// `%16s-%-7d [cpu] flags time: event: ...`; the width of the name is fixed, so a name cannot pass for the rest. With
// record-tgid on the machine a column for the thread group follows.
const HEAD = /^(.{16})-(\d+) +(?:\(.{7}\) +)?\[\d+\] (\S{4,6}) +(\d+)\.(\d{6}): (\w+): (.*)$/s;
const LOOKUP =
  /^table +(\d+) oif -?\d+ iif -?\d+ proto (\d+) ([0-9a-f.:]+)\/(\d+) -> ([0-9a-f.:]+)\/(\d+) .* err (-?\d+)$/;
const FORK = /^pid=(\d+) comm=.* clone_flags=([0-9a-f]+) oom_score_adj=-?\d+$/s;
const EXEC = /^filename=(.*) pid=(\d+) old_pid=(\d+)$/s;
const EXIT = /^comm=.* pid=(\d+) prio=-?\d+(?: group_dead=\w+)?$/s;
const ATTACH = /^dst_root=\d+ dst_id=\d+ dst_level=\d+ dst_path=(.*) pid=(\d+) comm=.*$/s;
const LOST = /^CPU:\d+ \[LOST (\d+) EVENTS\]$/;

/**
 * CLONE_UNTRACED and CLONE_THREAD: what create_io_thread() in kernel/fork.c adds to the flags and no C library does. Such a
 * thread's own name is no help: the trace prints `<...>` until the thread has been switched out once.
 */
const IO_THREAD = 0x80_0000 | 0x1_0000;

/** Third character of the flags: in a soft or hard interrupt or an NMI. */
const INTERRUPT = new Set(['s', 'h', 'H', 'z', 'Z']);

/** Reads one line of trace_pipe, decoded as latin1. Null: not understood, which is a loss. */
export function parseTraceLine(line: string): TraceRecord | null {
  const head = HEAD.exec(line);
  if (head === null) {
    const lost = LOST.exec(line);
    return lost === null ? null : { kind: 'lost', count: Number(lost[1]) };
  }
  const [, comm = '', task, flags = '', seconds, micros, event = '', body = ''] = head;
  const at = Number(seconds) * 1_000_000_000 + Number(micros) * 1000;
  switch (event) {
    case 'fib_table_lookup':
    case 'fib6_table_lookup': {
      const found = LOOKUP.exec(body);
      if (found === null) return null;
      return {
        kind: 'lookup',
        tid: Number(task),
        comm: comm.trimStart(),
        at,
        interrupt: INTERRUPT.has(flags[2] ?? ''),
        table: Number(found[1]),
        protocolNumber: Number(found[2]),
        source: found[3] ?? '',
        sourcePort: Number(found[4]),
        destination: found[5] ?? '',
        destinationPort: Number(found[6]),
        err: Number(found[7]),
      };
    }
    case 'task_newtask': {
      const found = FORK.exec(body);
      if (found === null) return null;
      const isIoThread = (Number.parseInt(found[2] ?? '', 16) & IO_THREAD) === IO_THREAD;
      return { kind: 'fork', at, tid: Number(task), child: Number(found[1]), isIoThread };
    }
    case 'sched_process_exec': {
      const found = EXEC.exec(body);
      if (found === null) return null;
      const filename = utf8(found[1] ?? '');
      return { kind: 'exec', at, filename, tid: Number(found[2]), oldTid: Number(found[3]) };
    }
    case 'sched_process_exit': {
      const found = EXIT.exec(body);
      return found && { kind: 'exit', at, tid: Number(found[1]) };
    }
    case 'cgroup_attach_task': {
      const found = ATTACH.exec(body);
      return found && { kind: 'attach', at, path: utf8(found[1] ?? ''), tid: Number(found[2]) };
    }
    case 'tracing_mark_write':
      return { kind: 'marker', at, text: body };
    default:
      return null;
  }
}

/**
 * Destination of a look-up, found without reading the rest of the line: most of a busy cluster's look-ups are inside, and
 * need no more than this. Null for any other line.
 */
export function destinationOf(line: string): { readonly address: string; readonly port: string } | null {
  const event = line.indexOf('_table_lookup: table ');
  if (event < 0) return null;
  const arrow = line.indexOf(' -> ', event);
  const slash = line.indexOf('/', arrow);
  const end = line.indexOf(' ', slash);
  if (arrow < 0 || slash < 0 || end < 0) return null;
  return { address: line.slice(arrow + 4, slash), port: line.slice(slash + 1, end) };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
