// SPDX-License-Identifier: Apache-2.0
import { isRouted, type Profile } from '../../../harness/core/profile.ts';
import { hostPort, toAddress } from '../reach.ts';
import type { NodeCase } from './pulls.ts';

/** Services of the cluster whose endpoint is no pod: kube-proxy turns their packets round to an address outside. */
export const endpointCases: readonly NodeCase[] = [
  serviceTo('pod', 'Service with an endpoint outside'),
  serviceTo('host', 'Service with an endpoint outside, from a hostNetwork pod'),
];

function serviceTo(place: 'pod' | 'host', id: string): NodeCase {
  return {
    id,
    plant: (draw, { namespace, image, command, profile }) => {
      const [name, user, container] = [draw.word(), draw.word(), draw.word()];
      const [address, port, target] = [draw.address4(), draw.port(), draw.port()];
      // of the Services' range (K3s: 10.43.0.0/16), far from what the API server gives first
      const clusterIP = `10.43.${200 + (port % 50)}.${1 + (target % 250)}`;
      const labels = { 'kubernetes.io/service-name': name };
      const ports = [{ name: 'main', port: target, protocol: 'TCP' }];
      const main = {
        name: container,
        image,
        imagePullPolicy: 'IfNotPresent',
        // kube-proxy's rules follow in a moment
        command: [...command, '-after', '8s', '-times', '3', 'tcp', hostPort(clusterIP, port)],
      };
      const spec = { restartPolicy: 'Never', hostNetwork: place === 'host', containers: [main] };
      // What the node turns round for itself it looks up without protocol and port, and without a route no packet shows them.
      const isBare = place === 'host' && !isRouted(profile as Profile);
      return {
        objects: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name, namespace },
            spec: { clusterIP, ports: [{ name: 'main', port, targetPort: target }] },
          },
          {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata: { name, namespace, labels },
            addressType: 'IPv4',
            endpoints: [{ addresses: [address] }],
            ports,
          },
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: user, namespace },
            spec: { backoffLimit: 0, template: { spec } },
          },
        ],
        reaches: [isBare ? toAddress('ip', address, null) : toAddress('tcp', address, target)],
        source: {
          namespace,
          owner: `Job/${user}`,
          pod: `^${namespace}/${user}-[a-z0-9-]+$`,
          container,
          image,
          // a pod's process looked the Service's address up, which is inside; of the node's network the kernel tells it once more
          exe: place === 'pod' ? null : `^${command[0]}$`,
        },
      };
    },
  };
}
