// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';
import { unsettledWorkloads } from './workloads.ts';

export const workloadsAvailable: Check = {
  id: 'workloads-available',
  title: 'every workload is available or complete',
  phase: 'settle',
  async run({ cluster, helper }) {
    const unsettled = await unsettledWorkloads(cluster, [helper.namespace]);
    return verdictOf(
      unsettled.map(({ what, why }) => `${what}: ${why}`),
      'all workloads are available or complete',
    );
  },
};
