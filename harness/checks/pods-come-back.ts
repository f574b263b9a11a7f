// SPDX-License-Identifier: Apache-2.0
import type { V1Pod } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { listed, verdictOf } from './listing.ts';
import { bundlePods, comesBack, restartPods } from './restart-pods.ts';
import { type Restarted, restartsOf } from './restarts.ts';
import { unsettledWorkloads } from './workloads.ts';

export const podsComeBack: Check = {
  id: 'pods-come-back',
  title: 'all pods are deleted and come back',
  phase: 'restart',
  async run(context) {
    const { cluster, helper } = context;
    const before = new Set((await unsettledWorkloads(cluster, [helper.namespace])).map(({ what }) => what));
    const pods = await bundlePods(context);
    const [deleted, lonely] = [pods.filter(comesBack), pods.filter(isLonely)];
    const { settled, deadlineMs } = await restartPods(context, deleted);
    if (settled === null)
      return verdictOf([`pods that were deleted are still there after ${deadlineMs / 1000} s`], '');
    const restarted = (await bundlePods(context)).filter(comesBack).flatMap(restartsOf);
    return verdictOf(
      settled.unsettled.map(
        ({ what, why }) => `${what}${before.has(what) ? ' (was not available before either)' : ''}: ${why}`,
      ),
      `${deleted.length} pod(s) deleted, all are back${listed('; restarted while they came up', texts(restarted))}${listed('; not deleted, because nothing would bring them back', lonely.map(nameOf))}`,
    );
  },
};

function texts(restarted: readonly Restarted[]): string[] {
  return restarted.map(({ text }) => text);
}

/** No controller owns it. */
function isLonely({ metadata }: V1Pod): boolean {
  return !(metadata?.ownerReferences ?? []).some(({ controller }) => controller === true);
}

function nameOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}
