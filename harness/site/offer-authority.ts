// SPDX-License-Identifier: Apache-2.0
import { ApiException, CoreV1Api } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';

/** Key of the certificate in a ConfigMap, as cert-manager's trust-manager and many charts have it. */
const KEY = 'ca.crt';

/**
 * Lays the certificate of the site's authority into ConfigMaps, for pods to mount, and makes their namespaces where they are
 * not there yet. What is there already stays as it is. Throws what the API server answers to anything else.
 *
 * @param places `namespace/name`
 */
export async function offerAuthority(
  cluster: Cluster,
  pem: string,
  places: readonly string[],
): Promise<void> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  for (const place of places) {
    const [namespace = '', name = ''] = place.split('/', 2);
    await unlessThere(async () => await api.createNamespace({ body: { metadata: { name: namespace } } }));
    const body = { metadata: { namespace, name }, data: { [KEY]: pem } };
    await unlessThere(async () => await api.createNamespacedConfigMap({ namespace, body }));
  }
}

async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 409) throw error;
  }
}
