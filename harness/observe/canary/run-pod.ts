// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../core/cluster.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { canaryPod } from './canary-pod.ts';
import { answersIn } from './encode.ts';
import type { PlannedCanary } from './plan.ts';
import { recordAnswers, recordPlanned } from './record.ts';

export interface PodCanaryOptions {
  readonly log: EventSink;
  /** Made when it does not exist. */
  readonly namespace: string;
  /** Present in the node already: it is never pulled. */
  readonly image: string;
  readonly signal: AbortSignal;
}

/** How long things may take: until the signal, by the node's pace. */
interface Wait {
  readonly signal: AbortSignal;
  readonly pace: number;
}

interface Place {
  readonly name: string;
  readonly namespace: string;
}

const LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** The API server refuses pods until the controllers have made the namespace's service account. */
const ACCOUNT_MS = 10_000;

/**
 * Makes canaries from a pod: on the node's network when the plan's place is `host-network-pod`. Resolves when all have met
 * something and the pod is gone from the API. Throws HarnessError when the pod does not come to its end within a minute.
 */
export async function runPodCanaries(
  cluster: Cluster,
  plan: readonly PlannedCanary[],
  { log, namespace, image, signal }: PodCanaryOptions,
): Promise<void> {
  const [first] = plan;
  if (first === undefined) return;
  const node = cluster.node.name;
  const name = `canary-${first.stage}-${first.place}`;
  const hostNetwork = first.place === 'host-network-pod';
  const api = cluster.config.makeApiClient(CoreV1Api);
  recordPlanned(log, node, plan);
  try {
    await makeNamespace(api, namespace);
    await remove(api, name, namespace);
    const wait = { signal, pace: cluster.node.pace };
    await create(api, canaryPod({ name, namespace, image, node, hostNetwork, plan, pace: wait.pace }), wait);
    const output = await outputOf(api, { name, namespace }, plan, wait);
    recordAnswers(log, node, plan, output);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HarnessError) throw error;
    throw new HarnessError(`canaries could not be made in pod "${namespace}/${name}": ${explain(error)}`, {
      code: 'harness',
      cause: error,
    });
  } finally {
    await remove(api, name, namespace).catch(() => {}); // the reason why it went wrong is what counts
  }
}

async function makeNamespace(api: CoreV1Api, name: string): Promise<void> {
  await api.createNamespace({ body: { metadata: { name } } }).catch(unlessCode(409));
}

async function remove(api: CoreV1Api, name: string, namespace: string): Promise<void> {
  await api.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 }).catch(unlessCode(404));
}

async function create(api: CoreV1Api, body: V1Pod, { signal, pace }: Wait): Promise<void> {
  const namespace = body.metadata?.namespace ?? '';
  for (const start = performance.now(); ; await sleep(LOOK_MS * pace, undefined, { signal })) {
    try {
      await api.createNamespacedPod({ namespace, body });
      return;
    } catch (error) {
      const isEarly = error instanceof ApiException && (error.code === 403 || error.code === 409);
      if (!isEarly || performance.now() - start > ACCOUNT_MS * pace) throw error;
    }
  }
}

/**
 * Waits until every canary has met something, and returns what the pod printed. The log is asked, not the pod's phase: the
 * kubelet tells that a second or two late.
 */
async function outputOf(
  api: CoreV1Api,
  pod: Place,
  plan: readonly PlannedCanary[],
  { signal, pace }: Wait,
): Promise<string> {
  const limitMs = LIMIT_MS * pace;
  for (const start = performance.now(); ; await sleep(LOOK_MS * pace, undefined, { signal })) {
    const output = await logOf(api, pod);
    if (answersIn(output).size === plan.length) return output;
    const { status } = await api.readNamespacedPod(pod);
    const { phase = 'unknown' } = status ?? {};
    const hasEnded = phase === 'Failed' || phase === 'Succeeded';
    if (!hasEnded && performance.now() - start < limitMs) continue;
    const last = await logOf(api, pod);
    if (answersIn(last).size === plan.length) return last;
    const why = hasEnded ? `it has ${phase.toLowerCase()}` : `it is ${phase} after ${limitMs / 1000} s`;
    throw new HarnessError(
      `canaries could not be made in pod "${pod.namespace}/${pod.name}": ${why}${detailOf(status)}`,
      { code: 'harness' },
    );
  }
}

/** Empty while there is none: the API server and the kubelet say so in several ways until the container has started. */
async function logOf(api: CoreV1Api, pod: Place): Promise<string> {
  return await api.readNamespacedPodLog(pod).catch((error: unknown) => {
    if (error instanceof ApiException) return '';
    throw error;
  });
}

function detailOf(status: V1Pod['status']): string {
  const state = status?.containerStatuses?.[0]?.state;
  const reason = state?.waiting ?? state?.terminated;
  const text = [reason?.reason, reason?.message, status?.message]
    .filter((part) => part !== undefined)
    .join(': ');
  return text === '' ? '' : ` (${text})`;
}

function unlessCode(code: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof ApiException && error.code === code) return;
    throw error;
  };
}

function explain(error: unknown): string {
  return error instanceof ApiException
    ? `the API server answered ${error.code}: ${String(error.body)}`
    : reasonOf(error);
}
