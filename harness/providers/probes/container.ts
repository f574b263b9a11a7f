// SPDX-License-Identifier: Apache-2.0
import type { Probe } from './probe.ts';

/** What nodes of the provider `container` need besides. */
export const containerProbes: readonly Probe[] = [
  {
    id: 'container-provider',
    neededBy: ['container'],
    remedy: 'use --provider netns',
    async attempt() {
      return await Promise.reject(new Error('not built in'));
    },
  },
];
