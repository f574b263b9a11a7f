// SPDX-License-Identifier: Apache-2.0
import { ApiException, CustomObjectsApi, type V1Service } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Cluster } from '../core/cluster.ts';
import { ANY_HOST, backendAddress, type IngressRoute } from './ingress-routes.ts';

const reference = z.looseObject({ name: z.string(), namespace: z.string().optional() });
const objectSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z
    .looseObject({
      entryPoints: z.array(z.string()).optional(),
      tls: z.looseObject({}).nullish(),
      routes: z
        .array(
          z.looseObject({
            match: z.string().default(''),
            middlewares: z.array(reference).default([]),
            services: z
              .array(
                reference.extend({
                  kind: z.string().default('Service'),
                  port: z.union([z.string(), z.number()]).optional(),
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type TraefikObject = z.infer<typeof objectSchema>;

/** A route of an IngressRoute, as it can be asked. */
export interface TraefikRoute extends IngressRoute {
  readonly schemes: readonly ('http' | 'https')[];
  /** Middlewares stand before the Service: its own answer says nothing of theirs. */
  readonly changed: boolean;
}

/** What of IngressRoutes can be asked, what cannot and why, and what is wrong without asking. */
export interface TraefikRoutes {
  readonly routes: readonly TraefikRoute[];
  readonly skipped: readonly string[];
  readonly problems: readonly string[];
}

/** All IngressRoutes of a cluster, and the names of its Middlewares as `namespace/name`; none where it does not know such kinds. */
export async function readTraefik(
  cluster: Cluster,
): Promise<{ readonly objects: readonly TraefikObject[]; readonly middlewares: ReadonlySet<string> }> {
  const objects = await list(cluster, 'ingressroutes');
  if (objects.length === 0) return { objects, middlewares: new Set() };
  const found = await list(cluster, 'middlewares');
  return {
    objects,
    middlewares: new Set(found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)),
  };
}

async function list(cluster: Cluster, resourcePlural: string): Promise<TraefikObject[]> {
  const api = cluster.config.makeApiClient(CustomObjectsApi);
  try {
    const found: unknown = await api.listCustomObjectForAllNamespaces({
      group: 'traefik.io',
      version: 'v1alpha1',
      resourcePlural,
    });
    return z.looseObject({ items: z.array(objectSchema) }).parse(found).items;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return [];
    throw error;
  }
}

/** Matchers that a plain question by host and path does not fulfil. */
const OTHER_MATCHERS =
  /!|\b(?:HostRegexp|PathRegexp|Header|HeaderRegexp|Query|QueryRegexp|ClientIP|Method)\(/;

/** The routes of an IngressRoute. */
export function traefikRoutes(
  { metadata: { name, namespace }, spec }: TraefikObject,
  services: readonly V1Service[],
  middlewares: ReadonlySet<string>,
): TraefikRoutes {
  const label = `${namespace}/${name}`;
  const { entryPoints, tls } = spec;
  const hasTls = tls !== undefined && tls !== null;
  const on = (entryPoint: string): boolean => entryPoints?.includes(entryPoint) ?? true;
  const schemes: ('http' | 'https')[] = [
    ...(!hasTls && on('web') ? (['http'] as const) : []),
    ...(on('websecure') ? (['https'] as const) : []),
  ];
  const routes: TraefikRoute[] = [];
  const skipped: string[] = [];
  const problems: string[] = [];
  for (const { match, middlewares: before, services: behind } of spec.routes) {
    for (const { name: middleware, namespace: its = namespace } of before) {
      if (!middleware.includes('@') && !middlewares.has(`${its}/${middleware}`))
        problems.push(`IngressRoute ${label} names Middleware ${its}/${middleware}, which does not exist`);
    }
    if (schemes.length === 0 || OTHER_MATCHERS.test(match)) {
      skipped.push(`IngressRoute ${label} (${schemes.length === 0 ? entryPoints?.join(', ') : match})`);
      continue;
    }
    const [service] = behind;
    const path = /\bPath(?:Prefix)?\(`([^`]+)`/.exec(match)?.[1] ?? '/';
    const hosts = [...match.matchAll(/\bHost\(`([^`]+)`/g)].map(([, host]) => host ?? '');
    for (const host of hosts.length === 0 ? [ANY_HOST] : hosts) {
      routes.push({
        ingress: label,
        url: `${host}${path}`,
        host,
        tls: hasTls,
        schemes,
        changed: before.length > 0 || behind.length > 1,
        backend:
          service?.kind === 'Service'
            ? backendAddress(
                { service: { name: service.name, port: portOf(service.port) } },
                service.namespace ?? namespace,
                services,
              )
            : null,
      });
    }
  }
  return { routes, skipped, problems };
}

function portOf(port: string | number | undefined): { name: string } | { number: number } | object {
  if (port === undefined) return {};
  return typeof port === 'number' ? { number: port } : { name: port };
}
