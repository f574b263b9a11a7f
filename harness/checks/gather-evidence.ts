// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api } from '@kubernetes/client-node';
import type { CheckContext } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import type { EvidenceRef } from '../core/events.ts';

const MOST_PODS = 8;

/**
 * What an engineer would look at first: pods, events in order of time, and of each pod that is not well its description
 * and its logs. Never throws: what cannot be had is said in the file.
 */
export async function gatherEvidence(checkId: string, context: CheckContext): Promise<EvidenceRef[]> {
  const { cluster } = context;
  const ask = async (args: readonly string[]): Promise<string> => {
    try {
      return `$ kubectl ${args.join(' ')}\n${await cluster.kubectl(args)}\n`;
    } catch (error) {
      return `$ kubectl ${args.join(' ')}\n${reasonOf(error)}\n`;
    }
  };
  const overview = [
    await ask(['get', 'pods', '-A', '-o', 'wide']),
    await ask(['get', 'events', '-A', '--sort-by=.metadata.creationTimestamp']),
  ];
  const saved = [await context.evidence(`${checkId}-cluster`, overview.join('\n'))];
  for (const { namespace, name } of await unwellPods(context).catch(() => [])) {
    const where = ['-n', namespace, name];
    const texts = [
      await ask(['describe', 'pod', ...where]),
      await ask(['logs', ...where, '--all-containers', '--prefix', '--tail=100']),
      await ask(['logs', ...where, '--all-containers', '--prefix', '--tail=100', '--previous']),
    ];
    saved.push(await context.evidence(`${checkId}-${namespace}-${name}`, texts.join('\n')));
  }
  return saved;
}

async function unwellPods({ cluster, helper }: CheckContext): Promise<{ namespace: string; name: string }[]> {
  const { items } = await cluster.config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
  return items
    .filter(({ metadata, status }) => {
      if (metadata?.namespace === helper.namespace || status?.phase === 'Succeeded') return false;
      const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      return (
        status?.phase !== 'Running' ||
        containers.some(
          ({ ready, restartCount, state }) =>
            (!ready && state?.terminated?.exitCode !== 0) || restartCount > 0,
        )
      );
    })
    .slice(0, MOST_PODS)
    .map(({ metadata }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }));
}
