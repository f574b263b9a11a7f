// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunningCommand } from '../core/command.ts';
import { reasonOf } from '../core/errors.ts';
import { encodeFrame, type ExecRequest, FRAME, type Frame, FrameDecoder } from './agent-frames.ts';

/** How a program in a node came to its end. */
export type AgentOutcome =
  | { readonly kind: 'exit'; readonly exitCode: number | null; readonly signal: string | null }
  /** It could not be started. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The node, or the way to it, is gone. */
  | { readonly kind: 'lost'; readonly reason: string };

const exitStatus = z.strictObject({ code: z.number().nullable(), signal: z.string().nullable() });

/** Bytes of standard input in one frame; the next one waits until the agent has taken it. */
const STDIN_PIECE = 64 * 1024;
/** Bytes of output that wait for a reader before the program in the node is held back. */
const OUTPUT_WINDOW = 1024 * 1024;

/** A program that the agent of a node runs for us; the connection is its life line. */
export class AgentProcess implements RunningCommand {
  /** Numbers inside the node mean nothing here. */
  readonly pid = undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly outcome: Promise<AgentOutcome>;
  readonly ended: RunningCommand['ended'];

  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  #acknowledged: (() => void) | undefined;
  #result: AgentOutcome | undefined;

  constructor(socketPath: string, request: ExecRequest) {
    this.#socket = connect(socketPath);
    this.#socket.write(`${JSON.stringify(request)}\n`);
    const resume = (): void => void this.#socket.resume();
    this.stdout = new Readable({ highWaterMark: OUTPUT_WINDOW, read: resume });
    this.stderr = new Readable({ highWaterMark: OUTPUT_WINDOW, read: resume });
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#writeStdin(chunk, done),
      final: (done) => {
        this.#send(FRAME.stdinEnd);
        done();
      },
    });
    this.stdin.on('error', () => {}); // as with a pipe to a program that has ended: `outcome` tells
    this.outcome = new Promise((resolve) => {
      this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
      this.#socket.on('error', (error) => {
        this.#result ??= { kind: 'lost', reason: reasonOf(error) };
      });
      this.#socket.on('close', () => {
        const result = this.#result ?? { kind: 'lost', reason: 'the connection to it ended' };
        if (result.kind !== 'exit') this.stderr.push(`${result.reason}\n`);
        this.stdout.push(null);
        this.stderr.push(null);
        this.#acknowledged?.();
        resolve(result);
      });
    });
    this.ended = this.outcome.then((result) =>
      result.kind === 'exit'
        ? { exitCode: result.exitCode, signal: result.signal }
        : {
            exitCode: result.kind === 'refused' ? 127 : null,
            signal: result.kind === 'lost' ? 'SIGKILL' : null,
          },
    );
  }

  /** Reaches the whole process group of the program. */
  kill(signal: NodeJS.Signals): void {
    this.#send(FRAME.signal, Buffer.of(constants.signals[signal]));
  }

  /** Tells a program on a terminal its new size. */
  resize(columns: number, rows: number): void {
    const size = Buffer.alloc(4);
    size.writeUInt16BE(columns, 0);
    size.writeUInt16BE(rows, 2);
    this.#send(FRAME.resize, size);
  }

  /** Lets go at once: the agent kills the process group. */
  abandon(reason: string): void {
    this.#result ??= { kind: 'lost', reason };
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stdout.resume(); // what nobody reads must not hold its end back
    this.stderr.resume();
    this.kill('SIGTERM');
    if (await this.#endsWithin(2000)) return;
    this.kill('SIGKILL');
    if (!(await this.#endsWithin(2000))) this.abandon('it did not end after SIGKILL');
    await this.ended;
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
    const inTime = await Promise.race([this.ended.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  #send(type: number, payload?: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(type, payload));
  }

  /** One piece after the other, each when the agent has taken the last one. */
  #writeStdin(chunk: Buffer, done: () => void): void {
    if (chunk.length === 0 || this.#socket.closed) {
      this.#acknowledged = undefined;
      done();
      return;
    }
    this.#acknowledged = () => this.#writeStdin(chunk.subarray(STDIN_PIECE), done);
    this.#send(FRAME.stdin, chunk.subarray(0, STDIN_PIECE));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#decoder.push(chunk)) this.#take(frame);
    } catch (error) {
      this.abandon(reasonOf(error));
    }
  }

  #take({ type, payload }: Frame): void {
    switch (type) {
      case FRAME.stdout:
      case FRAME.stderr: {
        const stream = type === FRAME.stdout ? this.stdout : this.stderr;
        if (!stream.push(payload)) this.#socket.pause();
        return;
      }
      case FRAME.stdinAck:
        this.#acknowledged?.();
        return;
      case FRAME.error:
        this.#result = { kind: 'refused', reason: payload.toString('utf8') };
        return;
      case FRAME.exit: {
        const status = exitStatus.parse(JSON.parse(payload.toString('utf8')));
        this.#result = { kind: 'exit', exitCode: status.code, signal: status.signal };
        return;
      }
      default: // of a newer agent
    }
  }
}
