// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { CheckContext } from '../core/cluster.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { podTroubles } from './pod-trouble.ts';

/** Name of the harness's own pod and of its one container. */
export const HELPER_POD = 'probe';

const STARTING_MS = 30_000;
/** What time alone does not cure is given less of it. */
const HOPELESS_MS = 5_000;
const POLL_MS = 100;

/**
 * Makes the harness's own pod, from which checks ask, when it is not there, and waits until it runs. It lives for the
 * rest of the run. Throws HarnessError (harness) when it does not start.
 */
export async function ensureHelperPod({ cluster, helper, signal }: CheckContext): Promise<void> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const { namespace } = helper;
  const began = performance.now();
  let last = 'not made';
  for (;;) {
    const pod = await ignoring(404, async () => await api.readNamespacedPod({ name: HELPER_POD, namespace }));
    if (isRunning(pod)) return;
    const [trouble] = pod === undefined ? [] : podTroubles(pod);
    last = pod === undefined ? await create(api, helper) : (trouble?.text ?? `phase ${pod.status?.phase}`);
    const waited = performance.now() - began;
    if (
      signal.aborted ||
      waited > (trouble?.hopeless === true ? HOPELESS_MS : STARTING_MS) * cluster.node.pace
    )
      break;
    await sleep(POLL_MS * cluster.node.pace);
  }
  throw new HarnessError(`the harness’s own pod ${namespace}/${HELPER_POD} does not start: ${last}`, {
    code: 'harness',
    hint: 'does the bundle refuse pods (an admission webhook, a policy)?',
  });
}

/** Returns why it could not be made yet: the service account of a new namespace takes a moment. */
async function create(api: CoreV1Api, { namespace, image }: CheckContext['helper']): Promise<string> {
  try {
    await ignoring(409, async () => await api.createNamespace({ body: { metadata: { name: namespace } } }));
    await ignoring(409, async () => await api.createNamespacedPod({ namespace, body: helperPod(image) }));
    return 'made';
  } catch (error) {
    return reasonOf(error).split('\n')[0] ?? '';
  }
}

function helperPod(image: string): V1Pod {
  return {
    metadata: { name: HELPER_POD },
    spec: {
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: 'Exists' }],
      automountServiceAccountToken: false,
      enableServiceLinks: false, // Services of the bundle may be many, and become variables
      containers: [{ name: HELPER_POD, image, imagePullPolicy: 'Never', command: ['/airgap-node', 'pause'] }],
    },
  };
}

function isRunning(pod: V1Pod | undefined): boolean {
  return (
    pod?.metadata?.deletionTimestamp === undefined && pod?.status?.containerStatuses?.[0]?.ready === true
  );
}

async function ignoring<T>(code: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiException && error.code === code) return undefined;
    throw error;
  }
}
