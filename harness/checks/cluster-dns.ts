// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';
import { askPatiently, probeFromPod } from './probe.ts';

/** Without the cluster's domain and without a final dot, as programs ask: the search path of the pod must work as well. */
const NAME = 'kubernetes.default.svc';

export const clusterDns: Check = {
  id: 'cluster-dns',
  title: 'cluster DNS answers in a pod',
  phase: 'exercise',
  async run(context) {
    const { ok, error, addresses } = await askPatiently(
      context,
      async () => await probeFromPod(context, ['dns', NAME]),
    );
    return verdictOf(
      ok ? [] : [`${NAME} is not answered in a pod: ${error}`],
      `${NAME} is ${addresses.join(', ')}`,
    );
  },
};
