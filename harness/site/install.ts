// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import type { Bundle, ManifestObject } from '../core/bundle.ts';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { saveLog } from './k3s.ts';

const MANIFESTS = '/var/lib/rancher/k3s/server/manifests';
const POLL_MS = 100;

export interface InstallOptions {
  readonly signal: AbortSignal;
  /** Where K3s's log is saved when something is not applied. */
  readonly k3sLog: string;
  /** @default 60000 */
  readonly deadlineMs?: number;
}

/**
 * Copies the bundle's manifests to where K3s applies them and waits until the API knows each of their objects.
 * Throws HarnessError (bundle) that names what was not applied and what K3s said.
 */
export async function installManifests(
  cluster: Cluster,
  bundle: Bundle,
  options: InstallOptions,
): Promise<void> {
  const { signal, k3sLog, deadlineMs = 60_000 } = options;
  const { node } = cluster;
  for (const { path, installAs } of bundle.manifests) await node.upload(path, `${MANIFESTS}/${installAs}`);
  const api = KubernetesObjectApi.makeApiClient(cluster.config);
  const until = performance.now() + deadlineMs;
  let missing: readonly ManifestObject[] = bundle.objects;
  for (;;) {
    const known = await Promise.all(missing.map(async (object) => await exists(api, object)));
    missing = missing.filter((_, index) => known[index] !== true);
    if (missing.length === 0) return;
    if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    if (performance.now() > until) break;
    await sleep(POLL_MS);
  }
  await saveLog(node, k3sLog);
  const first = missing[0];
  const said = await applyErrors(cluster, missing);
  throw new HarnessError(
    `${missing.length} of ${bundle.objects.length} objects were not applied, the first is ${first?.kind}/${first?.name} (${first?.file}:${first?.line})${said === '' ? '' : `: ${said}`}`,
    { code: 'bundle', hint: `read ${k3sLog}; does the object need a CRD that is not in the bundle?` },
  );
}

async function exists(api: KubernetesObjectApi, object: ManifestObject): Promise<boolean> {
  try {
    await api.read({
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name: object.name, namespace: object.namespace ?? 'default' },
    });
    return true;
  } catch {
    return false; // not applied yet, or its kind is not known yet: the deadline tells
  }
}

/** Lines of K3s's log that name one of the objects' files. */
async function applyErrors(cluster: Cluster, missing: readonly ManifestObject[]): Promise<string> {
  const file = missing[0]?.file.split('/').at(-1) ?? '';
  const { stdout } = await cluster.node.exec(['grep', '-F', file, '/var/log/k3s.log']);
  return stdout.trim().split('\n').at(-1)?.slice(0, 400) ?? '';
}
