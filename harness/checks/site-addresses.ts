// SPDX-License-Identifier: Apache-2.0
import {
  CoreV1Api,
  type V1IngressLoadBalancerIngress,
  type V1LoadBalancerIngress,
} from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';

/** Addresses of the nodes: the only ones at which anything of the cluster is asked for from outside. */
export async function nodeAddresses(cluster: Cluster): Promise<ReadonlySet<string>> {
  const { items } = await cluster.config.makeApiClient(CoreV1Api).listNode();
  return new Set(
    items
      .flatMap(({ status }) => status?.addresses ?? [])
      .flatMap(({ type, address }) => (type === 'Hostname' ? [] : [address])),
  );
}

/** Where something is to be reached by what its status says; `foreign` are addresses that are no node's, which are not asked. */
export function published(
  ingress: readonly (V1LoadBalancerIngress | V1IngressLoadBalancerIngress)[] | undefined,
  nodes: ReadonlySet<string>,
): { readonly ask: readonly string[]; readonly foreign: readonly string[] } {
  const all = (ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return { ask: all.filter((one) => nodes.has(one)), foreign: all.filter((one) => !nodes.has(one)) };
}

/** `address:port`, as one dials it. */
export function dialled(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
