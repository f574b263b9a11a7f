// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, DiscoveryV1Api, NetworkingV1Api, type V1NetworkPolicy } from '@kubernetes/client-node';
import type { Check, CheckContext } from '../core/cluster.ts';
import { mapLimited } from '../core/map-limited.ts';
import { selects } from './label-selector.ts';
import { listed, verdictOf } from './listing.ts';
import { askPatiently, type ProbeAnswer, probeFromNode, probeFromPod } from './probe.ts';
import { planServices, type ServiceFacts, type ServicePort } from './service-ports.ts';

const AT_A_TIME = 4;

export const servicesReachable: Check = {
  id: 'services-reachable',
  title: 'every Service is reached from a pod and from the node',
  phase: 'exercise',
  async run(context) {
    const { ask, problems, skipped } = planServices(await readFacts(context));
    const answers = await mapLimited(ask, AT_A_TIME, async (port) => await askPort(context, port));
    const guarded = answers.flatMap(({ guardedBy }) => guardedBy ?? []);
    return verdictOf(
      [...problems, ...answers.flatMap((answer) => answer.problems)],
      `${ask.length} TCP port(s) of Services answer from a pod and from the node${listed('; not asked', [...skipped, ...guarded])}`,
    );
  },
};

interface Answer {
  readonly problems: readonly string[];
  /** Said when a pod was turned away as the bundle wants it. */
  readonly guardedBy: string | null;
}

async function askPort(context: CheckContext, port: ServicePort): Promise<Answer> {
  const fromPod = async (): Promise<ProbeAnswer> => await probeFromPod(context, ['tcp', port.byName]);
  const [pod, ...nodes] = await Promise.all([
    askPatiently(context, fromPod),
    ...port.byAddress.map(
      async (address) =>
        await askPatiently(context, async () => await probeFromNode(context, ['tcp', address])),
    ),
  ]);
  const problems = nodes
    .filter(({ ok }) => !ok)
    .map(({ error }) => `Service ${port.label} is not reached from the node: ${error}`);
  if (pod.ok) return { problems, guardedBy: null };
  const policy = await guardOf(context, port);
  if (policy !== null) return { problems, guardedBy: `${port.label} (from a pod: NetworkPolicy ${policy})` };
  return {
    problems: [`Service ${port.label} is not reached from a pod: ${pod.error}`, ...problems],
    guardedBy: null,
  };
}

/** Name of a NetworkPolicy that keeps strangers from the pods behind the port: the harness's own pod is one. */
async function guardOf({ cluster }: CheckContext, port: ServicePort): Promise<string | null> {
  const api = cluster.config.makeApiClient(NetworkingV1Api);
  const { items } = await api.listNamespacedNetworkPolicy({ namespace: port.namespace });
  const guard = items.find((policy) => guards(policy, port.selector));
  return guard === undefined ? null : `${port.namespace}/${guard.metadata?.name}`;
}

/** The pods of a Service have at least its selector's labels. */
export function guards({ spec }: V1NetworkPolicy, labels: Readonly<Record<string, string>>): boolean {
  const isIngress = spec?.policyTypes?.includes('Ingress') ?? true;
  return isIngress && selects(spec?.podSelector ?? {}, labels);
}

async function readFacts({ cluster }: CheckContext): Promise<ServiceFacts> {
  const core = cluster.config.makeApiClient(CoreV1Api);
  const [services, slices, pods, nodes] = await Promise.all([
    core.listServiceForAllNamespaces(),
    cluster.config.makeApiClient(DiscoveryV1Api).listEndpointSliceForAllNamespaces(),
    core.listPodForAllNamespaces(),
    core.listNode(),
  ]);
  const inside = new Set([
    ...pods.items.flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? []),
    ...nodes.items.flatMap(({ status }) => status?.addresses?.map(({ address }) => address) ?? []),
  ]);
  return { services: services.items, slices: slices.items, pods: pods.items, inside };
}
