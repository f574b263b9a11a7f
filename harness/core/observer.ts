// SPDX-License-Identifier: Apache-2.0
import type { ObserverId } from './events.ts';

/**
 * A source of facts that is up. It appends what it sees to the log and decides nothing.
 * Disposing stops it: what it has is appended first, then its last `health`. If it dies on its own it appends a `fault`
 * that names it.
 */
export interface RunningObserver extends AsyncDisposable {
  readonly id: ObserverId;
  /** After it resolves, everything that happened before the call is in the log, with a `health` event. */
  flush(): Promise<void>;
}
