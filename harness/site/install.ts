// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, KubernetesObjectApi } from '@kubernetes/client-node';
import type { Bundle, ManifestObject } from '../core/bundle.ts';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import { mapLimited } from '../core/map-limited.ts';
import { applyErrors } from './apply-errors.ts';
import { saveLog } from './k3s-log.ts';

const POLL_MS = 100;
/** A bundle may hold a thousand objects; the API server shares the machine with what it starts. */
const REQUESTS_AT_A_TIME = 8;
const MOST_NAMED = 5;

export interface InstallOptions {
  readonly signal: AbortSignal;
  /** Where K3s's log is saved when something is not applied. */
  readonly k3sLog: string;
  /** How long it may take until one object more is there. @default 60000 times the node's pace */
  readonly deadlineMs?: number;
}

/**
 * Copies the bundle's manifests to where K3s applies them and waits until the API knows each of their objects.
 * Throws HarnessError: `bundle`, naming what was not applied and what K3s said; `interrupted` on abort.
 */
export async function installManifests(
  cluster: Cluster,
  bundle: Bundle,
  { signal, k3sLog, deadlineMs = 60_000 * cluster.node.pace }: InstallOptions,
): Promise<void> {
  const { node } = cluster;
  for (const { path, installAs } of bundle.staticCharts) // before the HelmChart objects that ask for them
    await node.upload(path, `${K3S.staticCharts}/${installAs}`);
  for (const { path, installAs } of bundle.manifests)
    await node.upload(path, `${K3S.manifests}/${installAs}`);
  const api = KubernetesObjectApi.makeApiClient(cluster.config);
  let since = performance.now();
  let missing: readonly ManifestObject[] = bundle.objects;
  for (;;) {
    const known = await mapLimited(
      missing,
      REQUESTS_AT_A_TIME,
      async (object) => await exists(cluster, api, object),
    );
    const now = missing.filter((_, index) => known[index] !== true);
    if (now.length < missing.length) since = performance.now(); // a machine with other work is slow, and goes on
    missing = now;
    if (missing.length === 0) return;
    if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    if (performance.now() - since > deadlineMs) break;
    await sleep(POLL_MS * node.pace);
  }
  const said = applyErrors(await saveLog(node, k3sLog).catch(reasonOf));
  throw new HarnessError(notApplied(missing, bundle.objects.length, said), {
    code: 'bundle',
    hint: `read ${k3sLog}; does an object need a CRD or a namespace that is not in the bundle?`,
  });
}

/** A kind that the API server does not know yet is answered by an Error of the client, an absent object by 404. */
async function exists(
  cluster: Cluster,
  api: KubernetesObjectApi,
  { apiVersion, kind, name, namespace }: ManifestObject,
): Promise<boolean> {
  try {
    // The client asks in lower case, and names of RBAC objects may have capitals.
    if (name === name.toLowerCase()) {
      await api.read({ apiVersion, kind, metadata: { name, namespace: namespace ?? 'default' } });
    } else {
      await cluster.kubectl(['get', resourceOf(apiVersion, kind), name, '-n', namespace ?? 'default']);
    }
    return true;
  } catch (error) {
    if (error instanceof ApiException && (error.code === 401 || error.code === 403)) throw error;
    return false; // not applied yet, or its kind is not known yet: the deadline tells
  }
}

/** `Kind.version.group`, as kubectl names a resource exactly. */
function resourceOf(apiVersion: string, kind: string): string {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? kind : `${kind}.${version}.${group}`;
}

function notApplied(missing: readonly ManifestObject[], all: number, said: readonly string[]): string {
  const named = missing
    .slice(0, MOST_NAMED)
    .map(({ kind, namespace, name, file, line }) => {
      return `${kind} ${namespace === null ? '' : `${namespace}/`}${name} (${file}:${line})`;
    })
    .join(', ');
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  const reasons = said.length === 0 ? 'K3s’s log does not say why' : `K3s said: ${said.join(' / ')}`;
  return `${missing.length} of ${all} objects were not applied: ${named}${more}; ${reasons}`;
}
