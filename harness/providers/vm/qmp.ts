// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { HarnessError, reasonOf } from '../../core/errors.ts';

/** What QEMU says that matters here: an answer to the order with that id. Events and the greeting have none. */
const answer = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
});

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** QEMU's machine protocol over a unix socket: one JSON object a line, an order at a time or several. */
export class Qmp implements Disposable {
  readonly #socket: Socket;
  readonly #node: string;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(socket: Socket, node: string) {
    this.#socket = socket;
    this.#node = node;
    createInterface({ input: socket }).on('line', (line) => this.#take(line));
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('QEMU has ended'));
      this.#waiting.clear();
    });
  }

  /** Connects while QEMU starts. Throws HarnessError (harness) when `limitMs` is over. */
  static async open(path: string, node: string, limitMs = 10_000): Promise<Qmp> {
    for (const deadline = performance.now() + limitMs; ; ) {
      const socket = connect(path);
      try {
        await once(socket, 'connect');
        const qmp = new Qmp(socket, node);
        await qmp.execute('qmp_capabilities');
        return qmp;
      } catch (error) {
        socket.destroy();
        if (performance.now() > deadline) {
          throw new HarnessError(`QEMU of node "${node}" does not answer on ${path}: ${reasonOf(error)}`, {
            code: 'harness',
            cause: error,
          });
        }
        await sleep(20);
      }
    }
  }

  /** Gives an order and returns QEMU's answer. Throws HarnessError (harness) with what QEMU says. */
  async execute(order: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    if (!this.#socket.writable) reject(new Error('QEMU has ended'));
    else this.#socket.write(`${JSON.stringify({ execute: order, arguments: args, id })}\n`);
    try {
      return await promise;
    } catch (error) {
      throw new HarnessError(`QEMU of node "${this.#node}" refused ${order}: ${reasonOf(error)}`, {
        code: 'harness',
        cause: error,
      });
    } finally {
      this.#waiting.delete(id);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(line: string): void {
    const { id, error, return: value } = answer.parse(JSON.parse(line));
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error.desc));
  }
}
