// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import type { KernelClock } from '../../core/clock.ts';
import type { RunningCommand } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';

const ROUND_TRIPS = 15;

/** How far a guest's clocks are ahead of this machine's, and how far that may be off. Nanoseconds. */
export interface ClockOffsets {
  readonly monotonic: bigint;
  readonly realtime: bigint;
  readonly errorNs: number;
}

/** A guest's clocks, joined to this machine's by what was measured last. */
export class GuestClock implements KernelClock {
  readonly id: string;
  #offsets: ClockOffsets = { monotonic: 0n, realtime: 0n, errorNs: Number.POSITIVE_INFINITY };

  constructor(node: string) {
    this.id = `${node}-kernel`;
  }

  get offsets(): ClockOffsets {
    return this.#offsets;
  }

  get errorNs(): number {
    return this.#offsets.errorNs;
  }

  monotonicNow(): bigint {
    return process.hrtime.bigint() + this.#offsets.monotonic;
  }

  toHostMonotonic(ns: bigint): bigint {
    return ns - this.#offsets.monotonic;
  }

  toHostRealtime(ns: bigint): bigint {
    return ns - this.#offsets.realtime;
  }

  /**
   * Measures anew: after each start of the guest, and after its clock was set. The tightest of 15 round trips; half of it
   * is the error.
   *
   * @param command `airgap-node clock` in the guest; it is ended
   */
  async measure(command: RunningCommand): Promise<void> {
    await using program = command;
    const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
    let best: ClockOffsets | null = null;
    for (let i = 0; i < ROUND_TRIPS; i += 1) {
      const asked = process.hrtime.bigint();
      const wall = BigInt(Date.now()) * 1_000_000n;
      program.stdin.write('\n');
      const line = await lines.next();
      const told = process.hrtime.bigint();
      const [monotonic, realtime] = line.done === true ? [] : line.value.split(' ').map(BigInt);
      if (monotonic === undefined || realtime === undefined) {
        throw new HarnessError('the guest does not tell its clocks', { code: 'harness' });
      }
      const half = (told - asked) / 2n;
      if (best !== null && Number(half) >= best.errorNs) continue;
      best = { monotonic: monotonic - asked - half, realtime: realtime - wall - half, errorNs: Number(half) };
    }
    if (best !== null) this.#offsets = best;
  }
}
