// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';

export const noRestarts: Check = {
  id: 'no-restarts',
  title: 'no container was restarted',
  phase: 'exercise',
  async run({ cluster, helper }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
    const problems = items
      .filter(({ metadata }) => metadata?.namespace !== helper.namespace)
      .flatMap(({ metadata, status }) =>
        [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
          .filter(({ restartCount }) => restartCount > 0)
          .map(({ name, restartCount, lastState }) => {
            const { reason = 'unknown reason', exitCode } = lastState?.terminated ?? {};
            return `${metadata?.namespace}/${metadata?.name} container ${name}: ${restartCount} restart(s), last: ${reason}, exit code ${exitCode ?? '?'}`;
          }),
      );
    return verdictOf(problems, 'no container was restarted');
  },
};
