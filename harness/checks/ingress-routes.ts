// SPDX-License-Identifier: Apache-2.0
import type { V1Ingress, V1IngressBackend, V1Service } from '@kubernetes/client-node';
import { dialled } from './site-addresses.ts';

/** One way into the cluster by a host name and a path. */
export interface IngressRoute {
  /** `namespace/name` of the Ingress. */
  readonly ingress: string;
  /** `host/path`, as in a URL after its scheme. */
  readonly url: string;
  readonly host: string;
  /** Whether the Ingress has a certificate for the host, or says that it is to be had by HTTPS. */
  readonly tls: boolean;
  /** `address:port` of the Service behind it, null for one that cannot be asked. */
  readonly backend: string | null;
}

/** Stands for every host where a rule names none, and for the star of a wildcard. */
export const ANY_HOST = 'any.example';

/** The routes of an Ingress: one for each rule and path, and its default backend. */
export function ingressRoutes({ metadata, spec }: V1Ingress, services: readonly V1Service[]): IngressRoute[] {
  const { namespace = '', name = '' } = metadata ?? {};
  const tls = spec?.tls ?? [];
  const route = (
    rule: string | undefined,
    path: string | undefined,
    backend: V1IngressBackend,
  ): IngressRoute => {
    const host = (rule ?? ANY_HOST).replace(/^\*/, 'any');
    return {
      ingress: `${namespace}/${name}`,
      url: `${host}${path?.startsWith('/') === true ? path : '/'}`,
      host,
      tls: tls.some(({ hosts }) => hosts === undefined || (rule !== undefined && hosts.includes(rule))),
      backend: backendAddress(backend, namespace, services),
    };
  };
  return [
    ...(spec?.rules ?? []).flatMap(({ host, http }) =>
      (http?.paths ?? []).map(({ path, backend }) => route(host, path, backend)),
    ),
    ...(spec?.defaultBackend === undefined ? [] : [route(undefined, '/', spec.defaultBackend)]),
  ];
}

/** `address:port` of a Service's port; null when there is no such port, or it has no address of its own. */
export function backendAddress(
  { service }: V1IngressBackend,
  namespace: string,
  services: readonly V1Service[],
): string | null {
  const found = services.find(
    ({ metadata }) => metadata?.namespace === namespace && metadata.name === service?.name,
  );
  const { clusterIP, ports = [] } = found?.spec ?? {};
  if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') return null;
  const wanted = service?.port;
  const port = ports.find(({ name, port: number }) =>
    wanted?.name === undefined ? number === wanted?.number : name === wanted.name,
  );
  return port === undefined ? null : dialled(clusterIP, port.port);
}
