// SPDX-License-Identifier: Apache-2.0
import type { V1EndpointSlice, V1Pod, V1Service } from '@kubernetes/client-node';

/** A TCP port of a Service that is asked from a pod (by name) and from the node (by its addresses). */
export interface ServicePort {
  /** `namespace/name:port` */
  readonly label: string;
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  /** `name.namespace.svc:port`: a pod's search path completes it, whatever the cluster's domain is. */
  readonly byName: string;
  readonly byAddress: readonly string[];
}

export interface ServicePlan {
  readonly ask: readonly ServicePort[];
  /** What is wrong without asking. */
  readonly problems: readonly string[];
  /** What is not asked, and why. */
  readonly skipped: readonly string[];
}

/** What is known of the cluster. `inside`: addresses of its pods and nodes. */
export interface ServiceFacts {
  readonly services: readonly V1Service[];
  readonly slices: readonly V1EndpointSlice[];
  readonly pods: readonly V1Pod[];
  readonly inside: ReadonlySet<string>;
}

/**
 * Which ports are asked. Not those without an address (headless, ExternalName), those that nobody is meant to serve now (no
 * pod is selected), UDP and SCTP (silence is a valid answer), and those that lead out of the cluster: the harness itself must
 * not reach for anything outside.
 */
export function planServices(facts: ServiceFacts): ServicePlan {
  const ask: ServicePort[] = [];
  const problems: string[] = [];
  const skipped: string[] = [];
  for (const service of facts.services) {
    const { name = '', namespace = '' } = service.metadata ?? {};
    const label = `${namespace}/${name}`;
    const why = whyNotAsked(service, facts);
    if (why !== null) {
      skipped.push(`${label} (${why})`);
      continue;
    }
    if (endpointsOf(service, facts.slices).length === 0) {
      problems.push(`Service ${label} has no ready endpoint`);
      continue;
    }
    for (const { port, protocol = 'TCP' } of service.spec?.ports ?? []) {
      if (protocol === 'TCP') ask.push(portOf(service, port));
      else skipped.push(`${label}:${port} (${protocol})`);
    }
  }
  return { ask, problems, skipped };
}

function whyNotAsked(service: V1Service, { slices, pods, inside }: ServiceFacts): string | null {
  const { type, clusterIP, selector } = service.spec ?? {};
  if (type === 'ExternalName') return 'ExternalName';
  if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') return 'headless';
  const addresses = endpointsOf(service, slices);
  const outside = addresses.filter((address) => !inside.has(address));
  if (outside.length > 0) return `leads out of the cluster, to ${outside.join(', ')}`;
  if (addresses.length > 0) return null;
  if (selector === undefined || Object.keys(selector).length === 0) return 'no selector and no endpoint yet';
  return pods.some((pod) => isSelected(pod, service)) ? null : 'no pod is selected';
}

function portOf({ metadata, spec }: V1Service, port: number): ServicePort {
  const { name = '', namespace = '' } = metadata ?? {};
  const addresses = spec?.clusterIPs ?? [spec?.clusterIP ?? ''];
  return {
    label: `${namespace}/${name}:${port}`,
    namespace,
    selector: spec?.selector ?? {},
    byName: `${name}.${namespace}.svc:${port}`,
    byAddress: addresses.map((address) =>
      address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    ),
  };
}

/** Addresses of a Service's ready endpoints. A missing condition means ready (EndpointConditions). */
function endpointsOf({ metadata }: V1Service, slices: readonly V1EndpointSlice[]): string[] {
  return slices
    .filter(
      (slice) =>
        slice.metadata?.namespace === metadata?.namespace &&
        slice.metadata?.labels?.['kubernetes.io/service-name'] === metadata?.name,
    )
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses);
}

function isSelected({ metadata, status }: V1Pod, service: V1Service): boolean {
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return (
    !ended &&
    metadata?.namespace === service.metadata?.namespace &&
    Object.entries(service.spec?.selector ?? {}).every(([key, value]) => metadata?.labels?.[key] === value)
  );
}
