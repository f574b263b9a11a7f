// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { cgroupIdentity, type CgroupIdentity } from './cgroup-path.ts';
import { noProc, type ProcReader } from './proc-reader.ts';
import type { TaskRecord } from './trace-line.ts';

/**
 * A program as one process runs it in one cgroup, from its exec on. Its threads, and children that go on in the same
 * program, are the same Image: a thread pool that calls out is one culprit.
 */
export interface Image {
  /** Task that started it, and when (CLOCK_MONOTONIC, nanoseconds): together they are unique. */
  readonly tid: number;
  readonly startedAt: number;
  readonly exe: string;
  argv: readonly string[] | null;
  readonly cgroup: CgroupIdentity | null;
  /** The program that started it. */
  readonly parent: Image | null;
  readonly depth: number;
}

interface Task {
  image: Image;
  exitedAt: number | null;
  /** A thread of the kernel that does io_uring's work of the program. */
  readonly isIoThread: boolean;
}

/** A program that starts itself again and again must not grow a chain without end. */
const DEEPEST = 32;
/** A dead task's records may still come: sockets are closed after the exit record. */
const KEEP_DEAD_NS = 30_000_000_000;
const SELF = /^\/proc\/(?:self|thread-self|\d+)\/exe$/;
const DESCRIPTOR = /^(?:\/proc\/(?:self|thread-self|\d+)|\/dev)\/fd\/\d+$/;

/** Which program each task runs, from the stream of fork, exec, exit and cgroup records alone: the dead are known too. */
export class TaskTable {
  readonly #tasks = new Map<number, Task>();
  readonly #proc: ProcReader;

  constructor(proc: ProcReader = noProc) {
    this.#proc = proc;
  }

  /** Tasks that are remembered. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Takes a task that ran before the first record, or whose fork was missed: what /proc knows of it, else its name. */
  seed(tid: number, at: number, comm: string, proc: ProcReader = this.#proc): Image {
    const exe = proc.exe(tid) ?? comm;
    const image: Image = {
      tid,
      startedAt: at,
      exe,
      argv: proc.argv(tid),
      cgroup: cgroupIn(proc.cgroup(tid)),
      parent: null,
      depth: 0,
    };
    this.#tasks.set(tid, { image, exitedAt: null, isIoThread: false });
    return image;
  }

  /** What the task runs at this point of the stream. */
  now(tid: number): Image | null {
    return this.#tasks.get(tid)?.image ?? null;
  }

  /** True for a thread of the kernel that works for a task of the node by io_uring. */
  isIoThread(tid: number): boolean {
    return this.#tasks.get(tid)?.isIoThread ?? false;
  }

  /** Takes the next record of the stream. */
  add(record: TaskRecord): void {
    switch (record.kind) {
      case 'fork': {
        const image = this.now(record.tid) ?? this.seed(record.tid, record.at, '?');
        this.#tasks.set(record.child, { image, exitedAt: null, isIoThread: record.isIoThread });
        return;
      }
      case 'exec':
        return this.#exec(record);
      case 'attach':
        return this.#attach(record.tid, record.at, record.path);
      case 'exit': {
        const task = this.#tasks.get(record.tid);
        if (task !== undefined) task.exitedAt = record.at;
        return;
      }
    }
  }

  /** Forgets tasks that ended long before `now`. */
  forgetDead(now: number): void {
    for (const [tid, { exitedAt }] of this.#tasks) {
      if (exitedAt !== null && exitedAt < now - KEEP_DEAD_NS) this.#tasks.delete(tid);
    }
  }

  /**
   * The image with what /proc still knows, for a task that is being written down: arguments, and the cgroup where a
   * container was started right inside it (clone3 with CLONE_INTO_CGROUP makes no attach record).
   */
  complete(tid: number, image: Image): Image {
    const task = this.#tasks.get(tid);
    if (task === undefined || task.image !== image || task.exitedAt !== null) return image;
    image.argv ??= this.#argvOf(tid, image.exe);
    if (image.cgroup !== null) return image;
    const cgroup = cgroupIn(this.#proc.cgroup(tid));
    if (cgroup === null) return image;
    task.image = { ...image, cgroup };
    return task.image;
  }

  #exec({ tid, oldTid, at, filename }: Extract<TaskRecord, { kind: 'exec' }>): void {
    const before = this.now(oldTid) ?? this.now(tid) ?? this.seed(tid, at, '?');
    const exe = this.#nameOf(tid, filename, before);
    const parent = before.depth < DEEPEST ? before : before.parent;
    const image: Image = {
      tid,
      startedAt: at,
      exe,
      argv: this.#argvOf(tid, exe),
      cgroup: before.cgroup,
      parent,
      depth: (parent?.depth ?? -1) + 1,
    };
    this.#tasks.set(tid, { image, exitedAt: null, isIoThread: false });
  }

  #attach(tid: number, at: number, path: string): void {
    const cgroup = cgroupIdentity(path);
    if (cgroup === null) return; // one of several hierarchies, or the node's own: takes nothing back
    const task = this.#tasks.get(tid) ?? {
      image: this.seed(tid, at, '?'),
      exitedAt: null,
      isIoThread: false,
    };
    const before = task.image.cgroup;
    if (before?.container === cgroup.container && before?.podUid === cgroup.podUid) return;
    // A copy: the others that run this program have not moved.
    this.#tasks.set(tid, { ...task, image: { ...task.image, tid, startedAt: at, cgroup } });
  }

  /** A program that starts itself again keeps its name; a relative one gets its folder while it lives. */
  #nameOf(tid: number, filename: string, before: Image): string {
    if (SELF.test(filename)) return before.exe;
    if (filename.startsWith('/') && !DESCRIPTOR.test(filename)) return filename;
    const link = this.#proc.exe(tid);
    if (link === null || basename(link) === '' || link.startsWith('/memfd:'))
      return DESCRIPTOR.test(filename) ? before.exe : filename;
    return DESCRIPTOR.test(filename) || basename(link) === basename(filename) ? link : filename;
  }

  /** Arguments, unless the task has become another program meanwhile. A script's program is its interpreter. */
  #argvOf(tid: number, exe: string): readonly string[] | null {
    const argv = this.#proc.argv(tid);
    if (argv === null) return null;
    const names = [...argv.slice(0, 3), this.#proc.exe(tid) ?? ''].map((path) => basename(path));
    return names.includes(basename(exe)) ? argv : null;
  }
}

/** What a /proc/TID/cgroup file tells; null for none. */
function cgroupIn(text: string | null): CgroupIdentity | null {
  for (const line of text?.split('\n') ?? []) {
    const identity = cgroupIdentity(line);
    if (identity !== null) return identity;
  }
  return null;
}
