// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApiException,
  type CoreV1Event,
  CoreV1Api,
  StorageV1Api,
  type V1PersistentVolume,
  type V1Pod,
} from '@kubernetes/client-node';
import type { CheckContext } from '../core/cluster.ts';
import { clipped } from '../core/printable.ts';
import { ensureHelperPod } from './helper-pod.ts';
import { execInPod } from './pod-exec.ts';
import { podTroubles } from './pod-trouble.ts';

const STARTING_MS = 90_000;
const POLL_MS = 200;
const FILE = '/data/airgap-readiness';

/** What the harness wrote to a volume of its own: the bundle's own volumes are left alone. */
export interface WrittenVolume {
  /** Of the claim, in the namespace of the harness's own pods. */
  readonly claim: string;
  readonly text: string;
  /** Why nothing could be written; null: it is on the disk. */
  readonly wrong: string | null;
}

/**
 * Makes a volume of the class by a claim of the harness's own, writes to it from one pod, and reads from the next. Null when the
 * data was there.
 */
export async function tryStorageClass(
  context: CheckContext,
  storageClassName: string,
): Promise<string | null> {
  const volume = await writeVolume(context, storageClassName);
  try {
    return volume.wrong ?? (await readVolume(context, volume));
  } finally {
    await removeVolume(context, volume);
  }
}

/** Makes a claim of the class and writes to its volume, from a pod that is gone afterwards. What throws leaves no claim. */
export async function writeVolume(context: CheckContext, storageClassName: string): Promise<WrittenVolume> {
  await ensureHelperPod(context); // its namespace
  const { cluster, helper } = context;
  const { namespace } = helper;
  const api = cluster.config.makeApiClient(CoreV1Api);
  const claim = `volume-${randomUUID().slice(0, 8)}`;
  const text = randomUUID();
  if (!(await exists(context, storageClassName)))
    return { claim, text, wrong: 'there is no such StorageClass' };
  await api.createNamespacedPersistentVolumeClaim({
    namespace,
    body: {
      metadata: { name: claim },
      spec: {
        storageClassName,
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Mi' } },
      },
    },
  });
  try {
    const { wrong } = await inPod(context, claim, 'write', ['write', FILE, text]);
    return { claim, text, wrong: wrong === null ? null : `nothing can be written: ${wrong}` };
  } catch (error) {
    await removeVolume(context, { claim });
    throw error;
  }
}

/** Reads from another pod what was written. Null when it is there. */
export async function readVolume(
  context: CheckContext,
  { claim, text }: WrittenVolume,
): Promise<string | null> {
  const { wrong, said } = await inPod(context, claim, 'read', ['read', FILE]);
  if (wrong !== null) return `what a pod wrote cannot be read by the next one: ${wrong}`;
  return said === text ? null : `the next pod read "${said.slice(0, 60)}", not what was written`;
}

/** Starts a pod with the volume, lets it do its work there, and deletes it. */
async function inPod(
  context: CheckContext,
  claim: string,
  verb: string,
  work: readonly string[],
): Promise<{ readonly wrong: string | null; readonly said: string }> {
  const { cluster, helper, signal } = context;
  const { namespace, image } = helper;
  const api = cluster.config.makeApiClient(CoreV1Api);
  const name = `${claim}-${verb}`;
  await api.createNamespacedPod({ namespace, body: holder(name, claim, image) });
  try {
    const wrong = await starts(context, name);
    if (wrong !== null) return { wrong, said: '' };
    const { exitCode, stdout, stderr } = await execInPod(
      cluster,
      { namespace, pod: name, container: 'holder' },
      ['/airgap-node', 'file', ...work],
      { signal },
    );
    return { wrong: exitCode === 0 ? null : stderr.trim(), said: stdout };
  } finally {
    await api.deleteNamespacedPod({ namespace, name });
    await gone(context, async () => await api.readNamespacedPod({ namespace, name }));
  }
}

function holder(name: string, claimName: string, image: string): V1Pod {
  return {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: 'Exists' }],
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      containers: [
        {
          name: 'holder',
          image,
          imagePullPolicy: 'Never',
          command: ['/airgap-node', 'pause'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  };
}

/** Null when it runs; else why not. */
async function starts({ cluster, helper, signal }: CheckContext, name: string): Promise<string | null> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const until = performance.now() + STARTING_MS * cluster.node.pace;
  for (;;) {
    const pod = await api.readNamespacedPod({ namespace: helper.namespace, name });
    if (pod.status?.containerStatuses?.[0]?.ready === true) return null;
    const [trouble] = podTroubles(pod);
    if (signal.aborted || performance.now() > until) {
      const what =
        trouble?.text ??
        `a pod with such a volume is ${pod.status?.phase ?? 'not started'} for ${STARTING_MS / 1000} s`;
      const warning = await lastWarning(api, helper.namespace, name);
      return warning === null ? what : `${what}; ${warning}`;
    }
    await sleep(POLL_MS);
  }
}

/** What the cluster last warned of about a pod: why a volume is not mounted is said nowhere else. Null: nothing. */
async function lastWarning(api: CoreV1Api, namespace: string, pod: string): Promise<string | null> {
  const fieldSelector = `involvedObject.name=${pod},type=Warning`;
  const { items } = await api.listNamespacedEvent({ namespace, fieldSelector });
  const last = items.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
  return last?.message === undefined ? null : `${last.reason}: ${clipped(last.message, 300)}`;
}

function timeOf({ lastTimestamp, eventTime }: CoreV1Event): number {
  return (lastTimestamp ?? eventTime ?? new Date(0)).getTime();
}

/** The provisioner removes the volume by a pod of its own: what comes after this check must not meet that pod. */
export async function removeVolume(
  context: CheckContext,
  { claim: name }: Pick<WrittenVolume, 'claim'>,
): Promise<void> {
  const api = context.cluster.config.makeApiClient(CoreV1Api);
  const { namespace } = context.helper;
  const claim = await api.readNamespacedPersistentVolumeClaim({ namespace, name }).catch(() => null);
  if (claim === null) return;
  await api.deleteNamespacedPersistentVolumeClaim({ namespace, name });
  await gone(context, async () => await api.readNamespacedPersistentVolumeClaim({ namespace, name }));
  const volume = claim.spec?.volumeName;
  if (volume === undefined) return;
  const read = async (): Promise<V1PersistentVolume> => await api.readPersistentVolume({ name: volume });
  const left = await read().catch(() => null);
  if (left?.spec?.persistentVolumeReclaimPolicy === 'Retain')
    await api.deletePersistentVolume({ name: volume });
  await gone(context, read);
}

/** Waits until it cannot be read any more, for as long as a pod may take to start. */
async function gone({ cluster, signal }: CheckContext, read: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + STARTING_MS * cluster.node.pace;
  while (!signal.aborted && performance.now() < until) {
    const left = await read().then(
      () => true,
      (error: unknown) => !(error instanceof ApiException && error.code === 404),
    );
    if (!left) return;
    await sleep(POLL_MS);
  }
}

async function exists({ cluster }: CheckContext, name: string): Promise<boolean> {
  const { items } = await cluster.config.makeApiClient(StorageV1Api).listStorageClass();
  return items.some(({ metadata }) => metadata?.name === name);
}
