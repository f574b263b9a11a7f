// SPDX-License-Identifier: Apache-2.0
import type { ObserverOptions } from '../options.ts';

export interface CaptureOptions extends ObserverOptions {
  /**
   * `link`: the sink's end of the node's link; sees raw frames, which no routing look-up shows. `cni`: the pods' bridge in
   * the node; sees pods with their own addresses. `witness`: behind the sink; whatever arrives there is a sighting.
   */
  readonly id: 'link' | 'cni' | 'witness';
  /** As in SpawnOptions. */
  readonly netns: string | null;
  readonly device: string;
  /** Counts the captures of one id in one run: each has a file of its own, with that number from the second on. @default 1 */
  readonly turn?: number;
}
