// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../core/errors.ts';
import type { ObserverId } from '../core/events.ts';
import type { RunningObserver } from '../core/observer.ts';
import type { GuardedChild } from './guarded-child.ts';
import { LineSplitter } from './line-splitter.ts';
import type { ObserverOptions } from './options.ts';
import { settlesWithin } from './with-deadline.ts';

const FLUSH_MS = 10_000;
const END_MS = 1000;

/**
 * An observer that is a program of its own, which tells in JSON lines what it sees. On its standard input it takes
 * `flush NAME`, and says so when it has told everything that was there by then; it ends when its input ends.
 */
export abstract class ToldChild implements RunningObserver {
  abstract readonly id: ObserverId;
  protected readonly options: ObserverOptions;
  readonly #child: GuardedChild;
  readonly #splitter = new LineSplitter('utf8');
  readonly #orders = new Map<string, () => void>();
  #made = 0;
  #isDead = false;
  #stopped: Promise<void> | undefined;

  constructor(options: ObserverOptions, child: GuardedChild) {
    this.options = options;
    this.#child = child;
    child.command.stdout.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) this.#line(line);
    });
  }

  /** What it has taken, and lost. */
  protected abstract readonly count: { readonly received: number; readonly lost: number };

  /** Takes one thing that the program says. Throws what is not understood. */
  protected abstract take(said: unknown): void;

  /** To be called by `take` when the program has answered an order. */
  protected answered(order: string): void {
    this.#orders.get(order)?.();
  }

  /** The program is gone. */
  died(): void {
    this.#isDead = true;
  }

  async flush(): Promise<void> {
    if (this.#child.alive) await this.#order();
    const { received, lost } = this.count;
    const { log, node } = this.options;
    log.append(
      { type: 'health', observer: this.id, received, lost: this.#isDead ? 'unknown' : lost },
      { node },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #order(): Promise<void> {
    this.#made += 1;
    const order = String(this.#made);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#orders.set(order, resolve);
    this.#child.command.stdin.write(`flush ${order}\n`);
    const isAnswered = await settlesWithin(Promise.race([promise, this.#child.command.ended]), FLUSH_MS);
    this.#orders.delete(order);
    if (!isAnswered) this.#fault(`it did not answer within ${FLUSH_MS / 1000} s`);
  }

  async #stop(): Promise<void> {
    await this.flush();
    this.#child.expectEnd();
    this.#child.command.stdin.end();
    await settlesWithin(this.#child.command.ended, END_MS);
    await this.#child.end();
  }

  #line(line: string): void {
    try {
      this.take(JSON.parse(line));
    } catch (error) {
      this.#fault(`it said something that is not understood: ${reasonOf(error)}`);
    }
  }

  #fault(reason: string): void {
    this.#isDead = true;
    const { log, node } = this.options;
    log.append({ type: 'fault', source: this.id, message: `observer "${this.id}": ${reason}` }, { node });
  }
}
