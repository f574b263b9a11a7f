// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../../core/errors.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { settlesWithin } from '../with-deadline.ts';

const ANSWER_MS = 10_000;

/** Talks to the shell program CONTROL: one order at a time, each with its answer. */
export class TraceControl {
  readonly #child: GuardedChild;
  readonly #splitter = new LineSplitter();
  #lines: string[] = [];
  #answered: (lines: string[]) => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  constructor(child: GuardedChild) {
    this.#child = child;
    child.command.stdout.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) {
        if (line !== 'done') {
          this.#lines.push(line);
          continue;
        }
        const lines = this.#lines;
        this.#lines = [];
        this.#answered(lines);
      }
    });
  }

  /** Gives an order and returns the answer's lines. Throws HarnessError when none comes within 10 s. */
  async order(words: string): Promise<readonly string[]> {
    const mine = this.#turn.then(async () => await this.#ask(words));
    this.#turn = mine.catch(() => {});
    return await mine;
  }

  async #ask(words: string): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    this.#answered = resolve;
    this.#child.command.stdin.write(`${words}\n`);
    const ended = this.#child.command.ended;
    const isAnswered = await settlesWithin(Promise.race([promise, ended]), ANSWER_MS);
    if (!isAnswered || !this.#child.alive) {
      throw new HarnessError(`the routing trace did not answer "${words}" ${this.#child.said()}`.trimEnd(), {
        code: 'harness',
      });
    }
    return await promise;
  }
}
