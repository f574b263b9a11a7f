// SPDX-License-Identifier: Apache-2.0
import { outputOf } from '../../core/command-output.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { settlesWithin } from '../with-deadline.ts';
import type { RouteRecorder, TraceSource } from './route-recorder.ts';
import type { RoutesOptions, RunningRoutes } from './start-routes.ts';
import { TraceControl } from './trace-control.ts';
import { TEAR_DOWN } from './trace-scripts.ts';
import { lostRecords } from './trace-stats.ts';

const TICK_MS = 200;
const FLUSH_MS = 10_000;

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
  readonly #marks = new Map<string, () => void>();
  readonly #dead = Promise.withResolvers<void>();
  #marksMade = 0;
  #lostByKernel = 0;
  #isDead = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: RoutesParts) {
    this.#parts = parts;
    this.#control = new TraceControl(parts.control);
    for (const source of ['node', 'io-uring'] as const) {
      parts.readers[source].command.stdout.on('data', (chunk: Buffer) => parts.recorder.push(source, chunk));
    }
    this.#timer = setInterval(() => parts.recorder.tick(), TICK_MS).unref();
  }

  /** A marker has come through a reader. */
  marked(source: string, text: string): void {
    this.#marks.get(`${source} ${text}`)?.();
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

  /**
   * A marker goes into the trace itself, and all that was recorded before it is read before it. Two, one after the other:
   * the kernel merges its per-CPU buffers while they are written, so the first may overtake a record of another CPU.
   */
  async flush(): Promise<void> {
    await this.#drain().catch((error: unknown) => {
      this.died();
      const message = `the routing trace could not be read to its end: ${reasonOf(error)}`;
      const { log, node } = this.#parts.options;
      log.append({ type: 'fault', source: this.id, message }, { node });
    });
    this.#parts.recorder.writeAll();
    this.#writeHealth();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #drain(): Promise<void> {
    for (let round = 0; round < 2 && !this.#isDead; round += 1) await this.#mark();
    if (this.#isDead) return;
    this.#lostByKernel = lostRecords((await this.#control.order('stats')).join('\n'));
  }

  async #mark(): Promise<void> {
    this.#marksMade += 1;
    const text = `airgap ${this.#parts.options.label} ${this.#marksMade}`;
    const keys = ['node', 'io-uring'].map((source) => `${source} ${text}`);
    const seen = keys.map((key) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#marks.set(key, resolve);
      return promise;
    });
    await this.#control.order(`mark ${text}`);
    const isSeen = await settlesWithin(Promise.race([Promise.all(seen), this.#dead.promise]), FLUSH_MS);
    for (const key of keys) this.#marks.delete(key);
    if (!isSeen)
      throw new HarnessError(`a marker did not come back within ${FLUSH_MS / 1000} s`, { code: 'harness' });
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
