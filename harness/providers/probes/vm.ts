// SPDX-License-Identifier: Apache-2.0
import type { Probe } from './probe.ts';

/** What nodes of the provider `vm` need besides. */
export const vmProbes: readonly Probe[] = [
  {
    id: 'vm-provider',
    neededBy: ['vm'],
    remedy: 'use --provider netns',
    async attempt() {
      return await Promise.reject(new Error('not built in'));
    },
  },
];
