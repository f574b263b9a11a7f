// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../core/clock.ts';
import type { EventSink, InsideRanges, NodeId } from '../core/events.ts';
import type { Vantage } from '../core/node.ts';

/** What every observer is given. */
export interface ObserverOptions {
  readonly log: EventSink;
  readonly clock: Clock;
  /** Node whose kernel is watched: stamped on every event. */
  readonly node: NodeId;
  readonly vantage: Vantage;
  /** The run folder: captures go to its `capture/`. */
  readonly outDir: string;
  readonly inside: InsideRanges;
}
