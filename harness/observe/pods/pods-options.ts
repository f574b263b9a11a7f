// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import type { ObserverOptions } from '../options.ts';

export interface PodsOptions extends ObserverOptions {
  readonly config: KubeConfig;
  /** Milliseconds for which the API server may be away, as when it is started again. @default 15000 */
  readonly restoreMs?: number;
}
