// SPDX-License-Identifier: Apache-2.0
import type { RunningCommand } from '../core/command.ts';
import type { NodeId, ObserverId } from '../core/events.ts';
import type { EventSink } from '../core/events.ts';

export interface GuardOptions {
  readonly log: EventSink;
  readonly node: NodeId;
  readonly source: ObserverId;
  /** The program's name and what its death loses: ends the sentence "… from then on". */
  readonly what: string;
  readonly lost: string;
}

/** A program that an observer lives by: when it ends before it is told to, that is a fault. */
export class GuardedChild {
  readonly command: RunningCommand;
  readonly #errors: string[] = [];
  #expected = false;
  #alive = true;

  constructor(command: RunningCommand, options: GuardOptions, onDeath: () => void = () => {}) {
    this.command = command;
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors.push(text);
      if (this.#errors.length > 20) this.#errors.shift();
    });
    void this.#watch(options, onDeath);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The end of what it wrote to standard error, in one line. */
  said(): string {
    return this.#errors.join('').trim().split('\n').slice(-3).join(' / ').slice(-400);
  }

  /** From now on its end is no fault. */
  expectEnd(): void {
    this.#expected = true;
  }

  /** From now on its end is a fault again. */
  watchEnd(): void {
    this.#expected = false;
  }

  async #watch({ log, node, source, what, lost }: GuardOptions, onDeath: () => void): Promise<void> {
    const { exitCode, signal } = await this.command.ended;
    this.#alive = false;
    if (this.#expected) return;
    const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    const said = this.said();
    const message = `${what} ended on its own (${how}${said && `: ${said}`}): ${lost} from then on`;
    log.append({ type: 'fault', source, message }, { node });
    onDeath();
  }

  /** Ends it and waits. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.expectEnd();
    this.command.kill(signal);
    await this.command[Symbol.asyncDispose]();
  }
}
