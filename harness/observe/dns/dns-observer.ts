// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../../core/errors.ts';
import type { RunningObserver } from '../../core/observer.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { ObserverOptions } from '../options.ts';
import { settlesWithin } from '../with-deadline.ts';
import { serverLine } from './server-lines.ts';

const FLUSH_MS = 10_000;

/** Turns what the fake DNS says into sightings. */
export class DnsObserver implements RunningObserver {
  readonly id = 'dns';
  readonly #options: ObserverOptions;
  readonly #child: GuardedChild;
  readonly #splitter = new LineSplitter();
  readonly #listening = Promise.withResolvers<void>();
  readonly #flushes = new Map<string, () => void>();
  #orders = 0;
  #received = 0;
  #lost: number | 'unknown' = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: ObserverOptions, child: GuardedChild) {
    this.#options = options;
    this.#child = child;
    child.command.stdout.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) this.#line(line);
    });
  }

  /** Resolves when the server listens. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  /** The server is gone. */
  died(): void {
    this.#lost = 'unknown';
  }

  /** The server sends itself a message on each of its sockets, which comes after all that were there. */
  async flush(): Promise<void> {
    if (this.#child.alive) {
      this.#orders += 1;
      const order = String(this.#orders);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#flushes.set(order, resolve);
      this.#child.command.stdin.write(`flush ${order}\n`);
      if (!(await settlesWithin(Promise.race([promise, this.#child.command.ended]), FLUSH_MS)))
        this.#fault(`the fake DNS did not answer within ${FLUSH_MS / 1000} s`);
      this.#flushes.delete(order);
    }
    const { log, node } = this.#options;
    log.append({ type: 'health', observer: this.id, received: this.#received, lost: this.#lost }, { node });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.flush();
    await this.#child.end();
  }

  #line(line: string): void {
    try {
      this.#take(line);
    } catch (error) {
      this.#fault(`the fake DNS said something that is not understood: ${reasonOf(error)}`);
    }
  }

  #take(line: string): void {
    const said = serverLine.parse(JSON.parse(line));
    if (said.say === 'listening') return this.#listening.resolve();
    if (said.say === 'flushed') {
      if (this.#lost !== 'unknown') this.#lost = said.dropped;
      return this.#flushes.get(said.order)?.();
    }
    const { transport, from, server, name, type, id } = said;
    const { log, node, clock } = this.#options;
    const at = clock.fromMonotonic(BigInt(said.at));
    this.#received += 1;
    log.append(
      {
        type: 'sighting',
        observer: this.id,
        last: at,
        count: 1,
        from,
        to: { protocol: 'dns', address: server, port: 53, name, question: { type, transport, id } },
        raw: { text: `${from.address} asked ${server} over ${transport} for ${type} ${name}`.slice(0, 400) },
      },
      { at, node },
    );
  }

  #fault(message: string): void {
    this.#lost = 'unknown';
    this.#options.log.append({ type: 'fault', source: this.id, message }, { node: this.#options.node });
  }
}
