// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { explainUnsettled } from './explain-unsettled.ts';
import { verdictOf } from './listing.ts';
import { rememberRestarts } from './restarts.ts';
import { unsettledWorkloads } from './workloads.ts';

export const workloadsAvailable: Check = {
  id: 'workloads-available',
  title: 'every workload is available or complete',
  phase: 'settle',
  async run(context) {
    const { cluster, helper } = context;
    const unsettled = await explainUnsettled(cluster, await unsettledWorkloads(cluster, [helper.namespace]));
    await rememberRestarts(context);
    return verdictOf(
      unsettled.map(({ what, why }) => `${what}: ${why}`),
      'all workloads are available or complete',
    );
  },
};
