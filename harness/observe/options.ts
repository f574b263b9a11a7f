// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../core/clock.ts';
import type { EventSink, InsideRanges, NodeId } from '../core/events.ts';
import type { Vantage } from '../core/node.ts';

/** What every observer is given. */
export interface ObserverOptions {
  readonly log: EventSink;
  readonly clock: Clock;
  /** Stamped on every event. */
  readonly node: NodeId;
  /** Where the observer stands: beside the node's kernel or beside the sink. `clock` reads its clocks. */
  readonly vantage: Vantage;
  /** The run folder: captures go to its `capture/`. */
  readonly outDir: string;
  readonly inside: InsideRanges;
  /** How many times as large as usual the kernel's buffers are, for a run that lost events. @default 1 */
  readonly bufferFactor?: number;
}
