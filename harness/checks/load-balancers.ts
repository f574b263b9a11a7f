// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, type V1Service } from '@kubernetes/client-node';
import type { Check, CheckContext } from '../core/cluster.ts';
import { listed, nothingToAsk, verdictOf } from './listing.ts';
import { askPatiently, probeFromSite } from './probe.ts';
import { dialled, nodeAddresses, published } from './site-addresses.ts';

export const loadBalancers: Check = {
  id: 'load-balancers',
  title: 'every Service of type LoadBalancer has an address that answers from outside the cluster',
  phase: 'exercise',
  async run(context) {
    const { cluster } = context;
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listServiceForAllNamespaces();
    const services = items.filter(({ spec }) => spec?.type === 'LoadBalancer');
    if (services.length === 0) return nothingToAsk('no Service is of type LoadBalancer');
    const nodes = await nodeAddresses(cluster);
    const problems: string[] = [];
    const skipped: string[] = [];
    let asked = 0;
    for (const service of services) {
      const label = `${service.metadata?.namespace}/${service.metadata?.name}`;
      const { ask, foreign } = published(service.status?.loadBalancer?.ingress, nodes);
      if (ask.length + foreign.length === 0) problems.push(noAddress(label, service));
      skipped.push(...foreign.map((address) => `${label} at ${address} (no node has that address)`));
      for (const { port, protocol = 'TCP' } of service.spec?.ports ?? []) {
        if (protocol !== 'TCP') {
          skipped.push(`${label}:${port} (${protocol})`);
          continue;
        }
        for (const address of ask) {
          asked += 1;
          const wrong = await dial(context, dialled(address, port));
          if (wrong !== null) problems.push(`Service ${label} is not reached at ${wrong}`);
        }
      }
    }
    return verdictOf(
      problems,
      `${asked} port(s) of load balancers answer from outside${listed('; not asked', skipped)}`,
    );
  },
};

async function dial(context: CheckContext, target: string): Promise<string | null> {
  const { ok, error } = await askPatiently(
    context,
    async () => await probeFromSite(context, ['tcp', target]),
  );
  return ok ? null : `${target}: ${error}`;
}

function noAddress(label: string, { spec }: V1Service): string {
  const why =
    spec?.loadBalancerClass === undefined
      ? 'nothing gives addresses here, or its ports are taken on every node'
      : `nothing here serves the class ${spec.loadBalancerClass}`;
  return `Service ${label} has no address: ${why}`;
}
