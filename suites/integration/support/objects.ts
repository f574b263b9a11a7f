// SPDX-License-Identifier: Apache-2.0
import type {
  KubernetesObject,
  V1Container,
  V1Deployment,
  V1Namespace,
  V1PodSpec,
  V1Service,
} from '@kubernetes/client-node';

/** The harness's own image is in every node: `pause` runs on, and a Service of these has somebody who does not listen. */
const IMAGE = 'airgap.local/canary:1';

export function namespace(name: string): V1Namespace & KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** A container that runs on until it is told to end. */
export function pausing(overrides: Partial<V1Container> = {}): V1Container {
  return {
    name: 'main',
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['/airgap-node', 'pause'],
    ...overrides,
  };
}

/** A container that ends at once: with 0, or with an exit code that tells of wrong usage. */
export function ending(well: boolean): V1Container {
  const command = well
    ? ['/airgap-node', 'probe', 'tcp', '127.0.0.1:1', '--ok']
    : ['/airgap-node', 'probe', 'nonsense'];
  return pausing({ command });
}

export function podSpec(container: V1Container, overrides: Partial<V1PodSpec> = {}): V1PodSpec {
  return { terminationGracePeriodSeconds: 0, containers: [container], ...overrides };
}

export function deployment(
  ns: string,
  name: string,
  container: V1Container = pausing(),
): V1Deployment & KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: ns, name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(container) },
    },
  };
}

export function service(ns: string, name: string, spec: V1Service['spec']): V1Service & KubernetesObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: ns, name }, ...(spec && { spec }) };
}
