// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCommand } from '../../core/command.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { ObserverId } from '../../core/events.ts';
import type { RunningObserver } from '../../core/observer.ts';
import { GuardedChild } from '../guarded-child.ts';
import { inOwnSession } from '../own-session.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { CaptureRecorder } from './capture-recorder.ts';
import { waitForDevice } from './device-wait.ts';
import { PcapStream } from './pcap-stream.ts';
import { Tcpdump } from './tcpdump.ts';
import { packetsToCome, type TcpdumpCounters } from './tcpdump-counters.ts';

const TICK_MS = 200;
const DRAIN_MS = 10_000;
const PAUSE_MS = 2;
/** Equal counters in a row after which a packet that was early and is not captured was refused by the filter. */
const STEADY = 10;

export interface CaptureParts {
  readonly options: CaptureOptions;
  readonly recorder: CaptureRecorder;
  /** The command line. */
  readonly tcpdump: readonly string[];
  /** Path of the capture file. */
  readonly path: string;
}

/** A capture that runs, or waits for its device. */
export class CaptureObserver implements RunningObserver {
  readonly id: ObserverId;
  readonly #parts: CaptureParts;
  readonly #pcap: PcapStream;
  readonly #timer: NodeJS.Timeout;
  #waiter: RunningCommand | null = null;
  #isWaiting = false;
  #tcpdump: Tcpdump | null = null;
  #file: WriteStream | null = null;
  #lost: number | 'unknown' = 0;
  #begun: Promise<void> = Promise.resolve();
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: CaptureParts) {
    this.id = parts.options.id;
    this.#parts = parts;
    this.#pcap = new PcapStream(parts.path, (packet) => parts.recorder.take(packet));
    this.#timer = setInterval(() => parts.recorder.tick(), TICK_MS).unref();
  }

  /** Begins to capture; throws HarnessError when that cannot be done. */
  async start(): Promise<void> {
    try {
      await this.#capture();
    } catch (error) {
      clearInterval(this.#timer);
      throw error;
    }
  }

  /**
   * Begins as soon as the device exists. Resolves when it captures, or waits; what goes wrong after that is a fault. Throws
   * HarnessError when the device is there and cannot be captured.
   */
  async startWhenThere(): Promise<void> {
    const { vantage, netns, device } = this.#parts.options;
    this.#waiter = vantage.spawn(inOwnSession(vantage, waitForDevice(device)), { netns });
    this.#waiter.stderr.resume();
    const isThere = await Promise.race([
      this.#waiter.ended.then(({ exitCode }) => exitCode === 0),
      once(this.#waiter.stdout, 'data').then(() => false),
    ]);
    if (isThere) return await this.start();
    this.#waiter.stdout.resume();
    this.#isWaiting = true;
    this.#begun = this.#captureWhenThere(this.#waiter);
  }

  /**
   * The kernel puts a packet aside for tcpdump in the sender's own call, and counts it. So the barrier is: tcpdump has
   * written as many as the kernel counted when it was asked, and as many have come through the decoder.
   */
  async flush(): Promise<void> {
    if (!this.#isWaiting) await this.#begun;
    await this.#drain();
    this.#parts.recorder.writeAll();
    this.#writeHealth();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #captureWhenThere(waiter: RunningCommand): Promise<void> {
    const { exitCode } = await waiter.ended;
    this.#isWaiting = false;
    if (this.#stopping) return;
    if (exitCode !== 0) return this.#fault(`the wait for ${this.#parts.options.device} was ended`);
    await this.#capture().catch((error: unknown) => this.#fault(reasonOf(error)));
  }

  async #capture(): Promise<void> {
    const child = this.#child(this.#parts.tcpdump, 'tcpdump');
    const tcpdump = new Tcpdump(child);
    const file = createWriteStream(this.#parts.path);
    file.on('error', (error) => this.#fault(`the file cannot be written: ${reasonOf(error)}`));
    child.command.stdout.on('data', (chunk: Buffer) => this.#take(chunk, child, file));
    this.#tcpdump = tcpdump;
    this.#file = file;
    try {
      child.expectEnd(); // until it listens its end is reported by `listening`
      await tcpdump.listening();
      child.watchEnd();
    } catch (error) {
      file.destroy();
      this.#tcpdump = null;
      this.#file = null;
      await child.end();
      throw error;
    }
  }

  #child(argv: readonly string[], what: string): GuardedChild {
    const { vantage, netns, log, node, device } = this.#parts.options;
    const lost = `what passed ${device} was not captured`;
    return new GuardedChild(
      vantage.spawn(inOwnSession(vantage, argv), { netns }),
      { log, node, source: this.id, what: `${what} of capture "${this.id}"`, lost },
      () => {
        this.#lost = 'unknown';
      },
    );
  }

  #take(chunk: Buffer, child: GuardedChild, file: WriteStream): void {
    if (!file.destroyed && !file.write(chunk)) {
      child.command.stdout.pause();
      file.once('drain', () => child.command.stdout.resume());
    }
    if (this.#lost === 'unknown') return;
    try {
      this.#pcap.push(chunk);
    } catch (error) {
      this.#fault(reasonOf(error));
    }
  }

  async #drain(): Promise<void> {
    if (this.#tcpdump === null) return;
    try {
      await this.#drainFrom(this.#tcpdump);
    } catch (error) {
      this.#fault(`could not be read to its end: ${reasonOf(error)}`);
    }
  }

  async #drainFrom(tcpdump: Tcpdump): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    let same = 0;
    let before: TcpdumpCounters | null = null;
    while (this.#lost !== 'unknown') {
      const counters = await tcpdump.counters();
      if (counters === null) return;
      const { captured, received } = counters;
      same = before?.captured === captured && before.received === received ? same + 1 : 0;
      before = counters;
      const toCome = packetsToCome(counters);
      const isWritten = toCome === 0 || (toCome <= tcpdump.early && same >= STEADY);
      if (isWritten && this.#parts.recorder.received >= captured) {
        this.#lost = counters.dropped;
        return;
      }
      if (performance.now() > deadline) {
        const have = this.#parts.recorder.received;
        throw new HarnessError(`of ${received} packets ${captured} were written and ${have} read`, {
          code: 'harness',
        });
      }
      await sleep(PAUSE_MS);
    }
  }

  #fault(reason: string): void {
    this.#lost = 'unknown';
    const { log, node } = this.#parts.options;
    log.append({ type: 'fault', source: this.id, message: `capture "${this.id}": ${reason}` }, { node });
  }

  #writeHealth(): void {
    const { log, node } = this.#parts.options;
    const { received } = this.#parts.recorder;
    log.append({ type: 'health', observer: this.id, received, lost: this.#lost }, { node });
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#waiter?.[Symbol.asyncDispose]();
    await this.#begun;
    await this.#drain();
    const last = await this.#tcpdump?.finish();
    if (this.#tcpdump !== null && this.#lost !== 'unknown') this.#finish(last ?? null);
    this.#parts.recorder.writeAll();
    this.#writeHealth();
    if (this.#file !== null && !this.#file.destroyed) {
      this.#file.end();
      await finished(this.#file).catch((error: unknown) => this.#fault(reasonOf(error)));
    }
  }

  #finish(last: TcpdumpCounters | null): void {
    try {
      this.#pcap.end();
    } catch (error) {
      return this.#fault(reasonOf(error));
    }
    if (last === null) return this.#fault('tcpdump did not tell its counters at the end');
    // What came after the drain is no loss: the watch was over.
    this.#lost = last.dropped;
    if (last.captured !== this.#parts.recorder.received)
      this.#fault(`tcpdump wrote ${last.captured} packets, ${this.#parts.recorder.received} came`);
  }
}
