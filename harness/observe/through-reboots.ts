// SPDX-License-Identifier: Apache-2.0
import type { EventBody, EventSink, NodeId, ObserverId } from '../core/events.ts';
import { reasonOf } from '../core/errors.ts';
import type { RebootListener } from '../core/node.ts';
import type { RunningObserver } from '../core/observer.ts';

type Health = Extract<EventBody, { type: 'health' }>;

export interface ThroughRebootsOptions {
  readonly id: ObserverId;
  readonly log: EventSink;
  readonly node: NodeId;
  /** Where its programs run: in the node, or beside its kernel, where it can be started while the node waits. */
  readonly where: 'in' | 'beside';
  /** Starts the observer, which appends to that log. `turn` is 1 for the first time. */
  readonly start: (log: EventSink, turn: number) => Promise<RunningObserver>;
}

/** An observer that ends with the kernel or the node it watches, and is started again with it: to the log it is one. */
export class ThroughReboots implements RunningObserver, RebootListener {
  readonly id: ObserverId;
  readonly #options: ThroughRebootsOptions;
  /** What earlier turns received and lost. */
  #before: Pick<Health, 'received' | 'lost'> = { received: 0, lost: 0 };
  #last: Pick<Health, 'received' | 'lost'> = { received: 0, lost: 0 };
  #current: RunningObserver | null = null;
  #turn = 0;
  #isOver = false;

  private constructor(options: ThroughRebootsOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** Starts it for the first time. Throws what `start` throws. */
  static async start(options: ThroughRebootsOptions): Promise<ThroughReboots> {
    const observer = new ThroughReboots(options);
    await observer.#start();
    return observer;
  }

  async flush(): Promise<void> {
    await this.#current?.flush();
  }

  async stops(): Promise<void> {
    if (this.#options.where === 'in') await this.#end();
  }

  async ends(): Promise<void> {
    if (this.#options.where === 'beside') await this.#end();
  }

  async waits(): Promise<void> {
    if (this.#options.where === 'beside') await this.#startAgain();
  }

  async runs(): Promise<void> {
    if (this.#options.where === 'in') await this.#startAgain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const ended = this.#current;
    this.#current = null;
    await ended?.[Symbol.asyncDispose]();
    this.#before = this.#last;
  }

  async #startAgain(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#start();
    } catch (error) {
      const { log, id, node } = this.#options;
      const message = `observer "${id}" could not be started again with the node: ${reasonOf(error)}`;
      log.append({ type: 'fault', source: id, message }, { node });
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { log, start } = this.#options;
    this.#turn += 1;
    const added: EventSink = {
      append: (body, stamp) => log.append(body.type === 'health' ? this.#count(body) : body, stamp),
    };
    this.#current = await start(added, this.#turn);
  }

  /** Counts only grow: those of a new turn are added to those before it. */
  #count(health: Health): Health {
    const { received, lost } = this.#before;
    const isKnown = lost !== 'unknown' && health.lost !== 'unknown';
    this.#last = {
      received: received + health.received,
      lost: isKnown ? lost + health.lost : 'unknown',
    };
    return { ...health, ...this.#last };
  }
}
