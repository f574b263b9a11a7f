// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../../core/errors.ts';
import type { RunningObserver } from '../../core/observer.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { ObserverOptions } from '../options.ts';
import { settlesWithin } from '../with-deadline.ts';
import { agentLine, containerOf } from './container-lines.ts';

const FLUSH_MS = 10_000;

/** Turns what the agent says of containers into events. */
export class ContainersObserver implements RunningObserver {
  readonly id = 'containers';
  readonly #options: ObserverOptions;
  readonly #child: GuardedChild;
  readonly #splitter = new LineSplitter('utf8');
  readonly #flushes = new Map<string, () => void>();
  #orders = 0;
  #received = 0;
  #unreadable = 0;
  #isDead = false;
  #stopped: Promise<void> | undefined;

  constructor(options: ObserverOptions, child: GuardedChild) {
    this.#options = options;
    this.#child = child;
    child.command.stdout.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) this.#line(line);
    });
  }

  /** The agent's watch is gone. */
  died(): void {
    this.#isDead = true;
  }

  /** The agent looks at the folder once more, and says when it has told all that is there. */
  async flush(): Promise<void> {
    await this.#catchUp();
    const { log, node } = this.#options;
    const lost = this.#isDead ? 'unknown' : this.#unreadable;
    log.append({ type: 'health', observer: this.id, received: this.#received, lost }, { node });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.flush();
    this.#child.expectEnd();
    this.#child.command.stdin.end();
    await settlesWithin(this.#child.command.ended, 1000);
    await this.#child.end();
  }

  async #catchUp(): Promise<void> {
    if (!this.#child.alive) return;
    this.#orders += 1;
    const order = String(this.#orders);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.set(order, resolve);
    this.#child.command.stdin.write(`flush ${order}\n`);
    if (!(await settlesWithin(Promise.race([promise, this.#child.command.ended]), FLUSH_MS)))
      this.#fault(`the watch of containers did not answer within ${FLUSH_MS / 1000} s`);
    this.#flushes.delete(order);
  }

  #line(line: string): void {
    try {
      this.#take(line);
    } catch (error) {
      this.#fault(`the watch of containers said something that is not understood: ${reasonOf(error)}`);
    }
  }

  #take(line: string): void {
    const said = agentLine.parse(JSON.parse(line));
    if ('flushed' in said) return this.#flushes.get(said.flushed)?.();
    if ('unreadable' in said) {
      this.#unreadable += 1;
      return;
    }
    this.#received += 1;
    const container = containerOf(said.id, said.annotations ?? {});
    if (container !== null) this.#options.log.append(container, { node: this.#options.node });
  }

  #fault(message: string): void {
    this.#isDead = true;
    this.#options.log.append({ type: 'fault', source: this.id, message }, { node: this.#options.node });
  }
}
