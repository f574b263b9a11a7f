// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, DiscoveryV1Api, type V1EndpointSlice, type V1Service } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';
import { probeFromNode, probeFromPod } from './probe.ts';

export const servicesReachable: Check = {
  id: 'services-reachable',
  title: 'every Service is reached from a pod and from the node',
  phase: 'exercise',
  async run(context) {
    const { config } = context.cluster;
    const [services, slices] = await Promise.all([
      config.makeApiClient(CoreV1Api).listServiceForAllNamespaces(),
      config.makeApiClient(DiscoveryV1Api).listEndpointSliceForAllNamespaces(),
    ]);
    const problems: string[] = [];
    let asked = 0;
    for (const service of services.items) {
      const { name = '', namespace = '' } = service.metadata ?? {};
      const address = service.spec?.clusterIP;
      if (address === undefined || address === '' || address === 'None') continue; // headless and ExternalName have no address
      if (!hasReadyEndpoint(service, slices.items)) {
        problems.push(`Service ${namespace}/${name} has no ready endpoint`);
        continue;
      }
      for (const { port, protocol } of service.spec?.ports ?? []) {
        if (protocol !== undefined && protocol !== 'TCP') continue; // silence is a valid answer of UDP
        asked += 1;
        const host = `${name}.${namespace}.svc.cluster.local.`;
        const [pod, node] = await Promise.all([
          probeFromPod(context, ['tcp', `${host}:${port}`]),
          probeFromNode(context, [
            'tcp',
            address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
          ]),
        ]);
        if (!pod.ok)
          problems.push(`Service ${namespace}/${name}:${port} is not reached from a pod: ${pod.error}`);
        if (!node.ok)
          problems.push(`Service ${namespace}/${name}:${port} is not reached from the node: ${node.error}`);
      }
    }
    return verdictOf(problems, `${asked} TCP port(s) of Services answer from a pod and from the node`);
  },
};

function hasReadyEndpoint(service: V1Service, slices: readonly V1EndpointSlice[]): boolean {
  return slices
    .filter(
      ({ metadata }) =>
        metadata?.namespace === service.metadata?.namespace &&
        metadata?.labels?.['kubernetes.io/service-name'] === service.metadata?.name,
    )
    .some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
}
