// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { CheckContext } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import type { EvidenceRef } from '../core/events.ts';
import { K3S } from '../core/k3s-paths.ts';
import { mapLimited } from '../core/map-limited.ts';

const MOST_PODS = 8;
const LOG_LINES = '100';
/** kubectl is a big program: more of them at a time are not faster. */
const AT_A_TIME = 2;

const OVERVIEW = [
  ['get', 'nodes,pods,services,endpointslices,persistentvolumeclaims', '-A', '-o', 'wide'],
  ['get', 'deployments,statefulsets,daemonsets,jobs,cronjobs', '-A', '-o', 'wide'],
  ['get', 'events', '-A', '--sort-by=.metadata.creationTimestamp'],
] as const;

/**
 * What an engineer would look at first: the workloads, the events in order of time, the end of K3s's log, and of each pod that is
 * not well its description and its logs, also those of its containers' last life. Never throws: what cannot be had is said in
 * the file. Returns where the files are.
 */
export async function gatherEvidence(checkId: string, context: CheckContext): Promise<EvidenceRef[]> {
  const overview = await mapLimited(OVERVIEW, AT_A_TIME, async (args) => await ask(context, args));
  const saved = [
    await context.evidence(`${checkId}-cluster`, overview.join('\n')),
    await context.evidence(`${checkId}-k3s-log`, await logOfK3s(context)),
  ];
  const unwell = await unwellPods(context).catch(() => []);
  const texts = await mapLimited(unwell, AT_A_TIME, async ({ metadata }) => {
    const name = `${metadata?.namespace}-${metadata?.name}`;
    return { name, text: await describePod(context, metadata?.namespace ?? '', metadata?.name ?? '') };
  });
  for (const { name, text } of texts) saved.push(await context.evidence(`${checkId}-${name}`, text));
  return saved;
}

async function describePod(context: CheckContext, namespace: string, name: string): Promise<string> {
  const pod = [name, '-n', namespace];
  const logs = ['logs', ...pod, '--all-containers', '--prefix', `--tail=${LOG_LINES}`];
  const texts = [
    await ask(context, ['describe', 'pod', ...pod]),
    await ask(context, logs),
    await ask(context, [...logs, '--previous']),
  ];
  return texts.join('\n');
}

async function ask({ cluster }: CheckContext, args: readonly string[]): Promise<string> {
  const answer = await cluster.kubectl(args).catch(reasonOf);
  return `$ kubectl ${args.join(' ')}\n${answer}\n`;
}

async function logOfK3s({ cluster }: CheckContext): Promise<string> {
  try {
    return (await cluster.node.exec(['tail', '-n', '300', K3S.log], { timeoutMs: 10_000 })).stdout;
  } catch (error) {
    return `the node does not answer: ${reasonOf(error)}`;
  }
}

async function unwellPods({ cluster, helper }: CheckContext): Promise<V1Pod[]> {
  const { items } = await cluster.config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
  return items
    .filter((pod) => pod.metadata?.namespace !== helper.namespace && isUnwell(pod))
    .slice(0, MOST_PODS);
}

/** Not running with every container ready and in its first life; what has ended well is well. */
export function isUnwell({ status }: V1Pod): boolean {
  if (status?.phase === 'Succeeded') return false;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return (
    status?.phase !== 'Running' ||
    containers.some(
      ({ ready, restartCount, state }) => restartCount > 0 || (!ready && state?.terminated?.exitCode !== 0),
    )
  );
}
