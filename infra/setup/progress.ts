// SPDX-License-Identifier: Apache-2.0

/** Where progress is written: a terminal that can rewrite its line, or a stream of lines. */
export interface ProgressScreen {
  readonly isTty: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** Seconds, for people: `0.4 s`, `12.0 s`, `6 min 12 s`. */
export function elapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
}

/** How often a log without a terminal hears that something still runs. */
const HEARTBEAT_MS = 30_000;
const NAME_COLUMNS = 16;
const OUTCOME_COLUMNS = 56;

/** Shows steps that may run side by side: one line each when it ends, and meanwhile a live line (terminal) or a heartbeat. */
export class Progress implements Disposable {
  readonly #screen: ProgressScreen;
  readonly #running = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #lastHeartbeat = performance.now();

  constructor(screen: ProgressScreen) {
    this.#screen = screen;
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#timer.unref();
  }

  /**
   * Runs a step and prints its line: name, what came out of it, elapsed time.
   * @param work gives the step's value and a few words on the outcome
   */
  async step<T>(name: string, work: () => Promise<readonly [value: T, outcome: string]>): Promise<T> {
    const start = performance.now();
    this.#running.set(name, start);
    let outcome = 'FAILED';
    try {
      const [value, words] = await work();
      outcome = words;
      return value;
    } finally {
      this.#running.delete(name);
      this.line(
        `  ${name.padEnd(NAME_COLUMNS)}${outcome.padEnd(OUTCOME_COLUMNS)} ${elapsed(performance.now() - start).padStart(11)}`,
      );
    }
  }

  /** Prints a line of its own. */
  line(text: string): void {
    this.#clear();
    this.#screen.write(`${text}\n`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (this.#screen.isTty) this.#screen.write('\r\u001b[2K');
  }

  #tick(): void {
    if (this.#running.size === 0) return;
    const now = performance.now();
    const running = [...this.#running].map(([name, start]) => `${name} ${elapsed(now - start)}`).join(', ');
    if (this.#screen.isTty) {
      this.#clear();
      this.#screen.write(`  … ${running}`.slice(0, this.#screen.columns - 1));
    } else if (now - this.#lastHeartbeat >= HEARTBEAT_MS) {
      this.#lastHeartbeat = now;
      this.line(`  … ${running}`);
    }
  }
}
