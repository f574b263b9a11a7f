// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApiException,
  ApiregistrationV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  CustomObjectsApi,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { Check, CheckContext, Cluster } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import { nothingToAsk, verdictOf } from './listing.ts';

const GROUP = { group: 'metrics.k8s.io', version: 'v1beta1' } as const;
const usage = z.object({ cpu: z.string(), memory: z.string() });
const nodesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), usage })),
});
const podsSchema = z.object({ items: z.array(z.object({ containers: z.array(z.object({ usage })) })) });

/** metrics-server asks every 15 s and needs two answers for a rate. */
const DEADLINE_MS = 60_000;
const POLL_MS = 1_000;

export const metricsApi: Check = {
  id: 'metrics-api',
  title: 'the metrics API tells what nodes and pods use',
  phase: 'exercise',
  async run({ cluster, signal }: CheckContext) {
    if (!(await isServed(cluster))) {
      const scalers = await autoscalers(cluster);
      if (scalers.length === 0) return nothingToAsk('there is no metrics API, and nothing that asks it');
      return verdictOf(
        scalers.map((name) => `HorizontalPodAutoscaler ${name} has no metrics API to ask`),
        '',
      );
    }
    const until = performance.now() + DEADLINE_MS * cluster.node.pace;
    for (;;) {
      const wrong = await missingMetrics(cluster).catch(
        (error: unknown) => `it does not answer: ${reasonOf(error)}`,
      );
      if (wrong === null) return verdictOf([], 'it tells what every node, and pods, use');
      if (signal.aborted || performance.now() > until) return verdictOf([`metrics.k8s.io: ${wrong}`], '');
      await sleep(POLL_MS);
    }
  },
};

async function isServed(cluster: Cluster): Promise<boolean> {
  const api = cluster.config.makeApiClient(ApiregistrationV1Api);
  try {
    await api.readAPIService({ name: `${GROUP.version}.${GROUP.group}` });
    return true;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return false;
    throw error;
  }
}

async function autoscalers(cluster: Cluster): Promise<string[]> {
  const { items } = await cluster.config
    .makeApiClient(AutoscalingV2Api)
    .listHorizontalPodAutoscalerForAllNamespaces();
  return items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
}

/** Null when every node and some pod has figures. */
async function missingMetrics(cluster: Cluster): Promise<string | null> {
  const api = cluster.config.makeApiClient(CustomObjectsApi);
  const [nodes, pods, known] = await Promise.all([
    api.listClusterCustomObject({ ...GROUP, plural: 'nodes' }),
    api.listClusterCustomObject({ ...GROUP, plural: 'pods' }),
    cluster.config.makeApiClient(CoreV1Api).listNode(),
  ]);
  const told = new Set(nodesSchema.parse(nodes).items.map(({ metadata }) => metadata.name));
  const silent = known.items
    .flatMap(({ metadata }) => metadata?.name ?? [])
    .filter((name) => !told.has(name));
  if (silent.length > 0) return `it has no figures for node ${silent.join(', ')}`;
  const some = podsSchema.parse(pods).items.some(({ containers }) => containers.length > 0);
  return some ? null : 'it has no figures for any pod';
}
