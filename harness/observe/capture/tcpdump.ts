// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../../core/errors.ts';
import type { GuardedChild } from '../guarded-child.ts';
import { settlesWithin } from '../with-deadline.ts';
import { countersIn, type TcpdumpCounters } from './tcpdump-counters.ts';

const LISTENING_MS = 10_000;
const ANSWER_MS = 10_000;
const MOST_TEXT = 10_000;

/** A running tcpdump: when it listens, and what it counts. */
export class Tcpdump {
  readonly #child: GuardedChild;
  #text = '';
  #early = 0;
  #heard: () => void = () => {};

  constructor(child: GuardedChild) {
    this.#child = child;
    child.command.stderr.on('data', (text: string) => {
      this.#text = (this.#text + text).slice(-MOST_TEXT);
      this.#heard();
    });
  }

  get child(): GuardedChild {
    return this.#child;
  }

  /**
   * Packets that the kernel counted until it captured. Its filter was not there for the first of them: they are held back
   * and put through it later, so those that it refuses are received and never captured (seen with libpcap 1.10.3).
   */
  get early(): number {
    return this.#early;
  }

  /** Resolves when it captures. Throws HarnessError (`setup`) with what it said when it does not. */
  async listening(): Promise<void> {
    await this.#until(() => this.#text.includes('listening on'), LISTENING_MS);
    if (this.#text.includes('listening on')) {
      this.#early = (await this.counters())?.received ?? 0;
      return;
    }
    throw new HarnessError(`tcpdump does not capture: ${this.#child.said() || 'it says nothing'}`, {
      code: 'setup',
      hint: 'run: npm run airgap -- doctor',
    });
  }

  /** Its counters now. Null when it is gone. Throws HarnessError when it does not answer. */
  async counters(): Promise<TcpdumpCounters | null> {
    this.#text = '';
    this.#child.command.kill('SIGUSR1');
    await this.#until(() => countersIn(this.#text).length > 0, ANSWER_MS);
    const [counters] = countersIn(this.#text);
    if (counters === undefined && this.#child.alive) {
      throw new HarnessError('tcpdump does not tell its counters', { code: 'harness' });
    }
    return counters ?? null;
  }

  /** Ends it. Its last counters; null when it told none. */
  async finish(): Promise<TcpdumpCounters | null> {
    this.#text = '';
    await this.#child.end('SIGINT');
    return countersIn(this.#text).at(-1) ?? null;
  }

  async #until(isTrue: () => boolean, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heard = () => {
      if (isTrue()) resolve();
    };
    this.#heard();
    await settlesWithin(Promise.race([promise, this.#child.command.ended]), ms);
    this.#heard = () => {};
  }
}
