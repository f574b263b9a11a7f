// SPDX-License-Identifier: Apache-2.0
import type { ClockId } from './events.ts';

/** Nanoseconds since the run began, on the host's CLOCK_MONOTONIC. Exact in a number for 104 days. */
export type RunNs = number;

/** The run's clock, injected so that pure code can be tested. */
export interface Clock {
  /** Now, in nanoseconds since the run began. */
  now(): RunNs;
  /** Turns a CLOCK_MONOTONIC reading of this host (nanoseconds) into RunNs. */
  fromMonotonic(ns: bigint): RunNs;
  /** Turns a CLOCK_REALTIME reading (nanoseconds since 1970) into RunNs, by the offset measured at the start. */
  fromRealtime(ns: bigint): RunNs;
  /** Offset between the two clocks as measured at the start, and how far it may be off, in nanoseconds. */
  readonly realtime: { readonly offsetNs: bigint; readonly errorNs: number };
  /** Wall-clock time at which the run began. */
  readonly startedAt: Date;
}

/** The clocks of a kernel that is watched, as readings that can be turned into this machine's own. All in nanoseconds. */
export interface KernelClock {
  readonly id: ClockId;
  /** How far a reading that was turned into this machine's may be off. */
  readonly errorNs: number;
  /** CLOCK_MONOTONIC of that kernel now. */
  monotonicNow(): bigint;
  toHostMonotonic(ns: bigint): bigint;
  toHostRealtime(ns: bigint): bigint;
}

/** What a clock on the wall beside that kernel shows now, as `Date.now()` does here: milliseconds since 1970. */
export function wallClock(kernel: KernelClock): number {
  return Date.now() - Number(kernel.toHostRealtime(0n) / 1_000_000n);
}

/** This machine's own clocks. */
export const hostKernelClock: KernelClock = {
  id: 'host',
  errorNs: 0,
  monotonicNow: () => process.hrtime.bigint(),
  toHostMonotonic: (ns) => ns,
  toHostRealtime: (ns) => ns,
};

/** The run's clock for someone who reads another kernel's clocks. */
export function clockOf(kernel: KernelClock, run: Clock): Clock {
  return {
    ...run,
    fromMonotonic: (ns) => run.fromMonotonic(kernel.toHostMonotonic(ns)),
    fromRealtime: (ns) => run.fromRealtime(kernel.toHostRealtime(ns)),
  };
}

/** Starts the run's clock: `now()` is 0 at this moment. `process.hrtime` is CLOCK_MONOTONIC on Linux. */
export function startClock(): Clock {
  const start = process.hrtime.bigint();
  const { offsetNs, errorNs } = measureRealtimeOffset();
  const fromMonotonic = (ns: bigint): RunNs => Number(ns - start);
  return {
    now: () => fromMonotonic(process.hrtime.bigint()),
    fromMonotonic,
    fromRealtime: (ns) => fromMonotonic(ns - offsetNs),
    realtime: { offsetNs, errorNs },
    startedAt: new Date(Number((start + offsetNs) / 1_000_000n)),
  };
}

/**
 * realtime - monotonic, read at the edge where `Date.now()` ticks over: a millisecond clock is exact there.
 * The tightest of five edges; the error is the width of the pair of readings around it.
 */
function measureRealtimeOffset(): { offsetNs: bigint; errorNs: number } {
  let best = { offsetNs: 0n, width: 2n ** 62n };
  for (let i = 0; i < 5; i += 1) {
    const old = Date.now();
    let before = process.hrtime.bigint();
    let tick = Date.now();
    while (tick === old) {
      before = process.hrtime.bigint();
      tick = Date.now();
    }
    const after = process.hrtime.bigint();
    if (after - before < best.width) {
      best = { offsetNs: BigInt(tick) * 1_000_000n - (before + after) / 2n, width: after - before };
    }
  }
  return { offsetNs: best.offsetNs, errorNs: Number(best.width) };
}
