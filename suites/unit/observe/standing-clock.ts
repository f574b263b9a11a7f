// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../../harness/core/clock.ts';

/** A clock that began at 0 of both system clocks and stands still. */
export function standingClock(now = 0): Clock {
  return {
    now: () => now,
    fromMonotonic: Number,
    fromRealtime: Number,
    realtime: { offsetNs: 0n, errorNs: 0 },
    startedAt: new Date(0),
  };
}
