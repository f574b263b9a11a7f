// SPDX-License-Identifier: Apache-2.0
import { outputOf } from '../../core/command-output.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { RunNs } from '../../core/clock.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { FOLD_NS } from '../second-fold.ts';
import { settlesWithin } from '../with-deadline.ts';
import type { RouteRecorder, TraceSource } from './route-recorder.ts';
import type { RoutesOptions, RunningRoutes } from './start-routes.ts';
import { TraceControl } from './trace-control.ts';
import { TEAR_DOWN } from './trace-scripts.ts';
import { lostRecords } from './trace-stats.ts';

const TICK_MS = 200;
const FLUSH_MS = 10_000;
const LOOK_MS = 500;
/** The kernel merges its per-CPU buffers as they are read: a record that much younger was read after the marker. */
const OVERTAKEN_NS = 1e9;
const MOST_MARKERS = 20;

export interface RoutesParts {
  readonly options: RoutesOptions;
  readonly recorder: RouteRecorder;
  readonly readers: Readonly<Record<TraceSource, GuardedChild>>;
  readonly control: GuardedChild;
}

/** The trace that runs. */
export class RoutesObserver implements RunningRoutes {
  readonly id = 'routes';
  readonly #parts: RoutesParts;
  readonly #control: TraceControl;
  readonly #timer: NodeJS.Timeout;
  readonly #marks = new Map<string, (at: RunNs) => void>();
  readonly #dead = Promise.withResolvers<void>();
  #marksMade = 0;
  #lostByKernel = 0;
  #isDead = false;
  #isTicking = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: RoutesParts) {
    this.#parts = parts;
    this.#control = new TraceControl(parts.control);
    for (const source of ['node', 'io-uring'] as const) {
      parts.readers[source].command.stdout.on('data', (chunk: Buffer) => parts.recorder.push(source, chunk));
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** A marker, made at `at`, has come through a reader. */
  marked(source: TraceSource, text: string, at: RunNs): void {
    this.#marks.get(`${source} ${text}`)?.(at);
  }

  /** One of the programs it lives by is gone. */
  died(): void {
    this.#isDead = true;
    this.#dead.resolve();
  }

  async retrace(launcherTid: number): Promise<void> {
    const answer = await this.#control.order(`trace ${launcherTid}`);
    if (answer.length > 0) {
      throw new HarnessError(
        `cannot trace the launcher ${launcherTid} of node "${this.#parts.options.node}"`,
        {
          code: 'harness',
        },
      );
    }
    this.#parts.recorder.seed(launcherTid, Number(this.#parts.options.vantage.clock.monotonicNow()));
  }

  async flush(): Promise<void> {
    await this.#takeAll(0);
    this.#writeHealth();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  /** Writes what began more than a second ago. */
  #tick(): void {
    if (this.#isDead || this.#isTicking) return;
    if (!this.#parts.recorder.isDue(this.#parts.options.clock.now() - FOLD_NS)) return;
    this.#isTicking = true;
    void this.#takeAll(FOLD_NS).finally(() => {
      this.#isTicking = false;
    });
  }

  /** Reads all that was recorded by now, and writes what began `age` nanoseconds ago or earlier. */
  async #takeAll(age: RunNs): Promise<void> {
    const until = await this.#drain().catch((error: unknown) => {
      this.died();
      const message = `the routing trace could not be read to its end: ${reasonOf(error)}`;
      const { log, node } = this.#parts.options;
      log.append({ type: 'fault', source: this.id, message }, { node });
      return null;
    });
    this.#parts.recorder.writeBefore(until === null ? Number.POSITIVE_INFINITY : until - age);
  }

  /**
   * A marker goes into the trace itself, and all that was recorded before it is read before it. Two, one after the other:
   * the kernel merges its per-CPU buffers while they are written, so the first may overtake a record of another CPU.
   *
   * @returns when the first was made; null when the trace is dead, and no more will come
   */
  async #drain(): Promise<RunNs | null> {
    const first = await this.#mark();
    const second = await this.#mark();
    if (this.#isDead || second === null) return null;
    this.#lostByKernel = lostRecords((await this.#control.order('stats')).join('\n'));
    return first;
  }

  /**
   * Makes a marker and waits for it in both traces. Returns when it was made; null when the trace is dead. A storm may
   * overwrite a marker like any other record: then another one is made.
   */
  async #mark(): Promise<RunNs | null> {
    for (let tries = 0; tries < MOST_MARKERS; tries += 1) {
      const made = await this.#tryMark();
      if (made !== 'overwritten') return made;
    }
    throw new HarnessError(
      `${MOST_MARKERS} markers in a row were overwritten: more is recorded than can be read`,
      {
        code: 'harness',
      },
    );
  }

  async #tryMark(): Promise<RunNs | null | 'overwritten'> {
    if (this.#isDead) return null;
    const { recorder, options } = this.#parts;
    this.#marksMade += 1;
    const text = `airgap ${this.#parts.options.label} ${this.#marksMade}`;
    const keys = ['node', 'io-uring'].map((source) => `${source} ${text}`);
    const seen = keys.map((key) => {
      const { promise, resolve } = Promise.withResolvers<RunNs>();
      this.#marks.set(key, resolve);
      return promise;
    });
    await this.#control.order(`mark ${text}`);
    const times = Promise.race([Promise.all(seen), this.#dead.promise.then(() => null)]);
    const made = Number(options.vantage.clock.monotonicNow());
    try {
      // As long as records come it waits behind them.
      for (let read = -1, idleMs = 0; !(await settlesWithin(times, LOOK_MS)); read = recorder.received) {
        if (recorder.latest > made + OVERTAKEN_NS) return 'overwritten';
        idleMs = recorder.received === read ? idleMs + LOOK_MS : 0;
        if (idleMs < FLUSH_MS) continue;
        throw new HarnessError(`a marker did not come back within ${FLUSH_MS / 1000} s`, { code: 'harness' });
      }
    } finally {
      for (const key of keys) this.#marks.delete(key);
    }
    return (await times)?.[0] ?? null;
  }

  #writeHealth(): void {
    const { recorder, options } = this.#parts;
    const { unreadable, overwritten } = recorder.lost;
    const lost = this.#isDead ? 'unknown' : Math.max(overwritten, this.#lostByKernel) + unreadable;
    options.log.append(
      { type: 'health', observer: this.id, received: recorder.received, lost },
      { node: options.node },
    );
  }

  async #stop(): Promise<void> {
    const { readers, control, options } = this.#parts;
    clearInterval(this.#timer);
    await this.flush();
    this.#parts.recorder.writeBefore(Number.POSITIVE_INFINITY);
    const children = [readers.node, readers['io-uring'], control];
    for (const child of children) child.expectEnd();
    await Promise.all(children.map(async (child) => await child.end()));
    await using tearDown = options.vantage.spawn(['sh', '-c', TEAR_DOWN, 'sh', options.label]);
    const { exitCode, stderr } = await outputOf(tearDown);
    if (exitCode !== 0) {
      throw new HarnessError(`cannot remove the trace instance "${options.label}": ${stderr.trim()}`, {
        code: 'harness',
        hint: 'run: npm run airgap -- sweep',
      });
    }
  }
}
