// SPDX-License-Identifier: Apache-2.0
import type { V1ContainerStatus, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { clipped } from '../core/printable.ts';

/** What keeps a pod from running. */
export interface Trouble {
  readonly text: string;
  /** Time alone does not cure it. */
  readonly hopeless: boolean;
  /** The container whose program ended with an error: its log may say why. */
  readonly ended?: EndedContainer;
}

export interface EndedContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** It was started again since. */
  readonly previous: boolean;
}

/** The kubelet's waiting reasons that end only when somebody changes something. */
const HOPELESS: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'CrashLoopBackOff',
  'RunContainerError',
]);

/** The kubelet does not call every crash loop so: a job's container (restartPolicy: OnFailure) may just stay terminated between its tries. */
const HOPELESS_RESTARTS = 2;

/** Containers' messages may hold a page of nested errors. */
const LONGEST = 300;

/** Container by container, init containers first: the first one is what the others wait for. Empty for a pod that is well. */
export function podTroubles({ metadata, status }: V1Pod): Trouble[] {
  const pod = `pod ${metadata?.name}`;
  if (status?.phase === 'Failed' && status.reason !== undefined) {
    return [{ text: `${pod}: ${status.reason}${told(status.message)}`, hopeless: true }];
  }
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled !== undefined) {
    const reason = unscheduled.message ?? unscheduled.reason ?? 'no reason given';
    return [{ text: `${pod} is not scheduled: ${reason}`, hopeless: false }];
  }
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(
    (container) => containerTrouble(pod, container, metadata) ?? [],
  );
}

function containerTrouble(
  pod: string,
  { name, image, state, lastState, ready, restartCount }: V1ContainerStatus,
  metadata: V1ObjectMeta | undefined,
): Trouble | null {
  const log = { namespace: metadata?.namespace ?? '', pod: metadata?.name ?? '', container: name };
  const who = `container ${name} of ${pod}`;
  const { waiting, terminated } = state ?? {};
  if (ready || terminated?.exitCode === 0 || waiting?.reason === 'PodInitializing') return null;
  if (waiting?.reason !== undefined) {
    const last = waiting.reason === 'CrashLoopBackOff' ? lastState?.terminated : undefined;
    const how =
      last === undefined
        ? ''
        : `, it ended with exit code ${last.exitCode} (${last.reason ?? 'no reason given'})`;
    return {
      text: `${who} (${image}): ${waiting.reason}${how}${told(waiting.message)}`,
      hopeless: HOPELESS.has(waiting.reason),
      ...(last === undefined ? {} : { ended: { ...log, previous: true } }),
    };
  }
  if (terminated !== undefined) {
    const how = `${terminated.reason ?? 'ended'}, exit code ${terminated.exitCode}`;
    const times = restartCount === 0 ? '' : `, ${restartCount + 1} times`;
    return {
      text: `${who} (${image}): ${how}${times}${told(terminated.message)}`,
      hopeless: restartCount >= HOPELESS_RESTARTS,
      ended: { ...log, previous: false },
    };
  }
  return waiting === undefined ? { text: `${who} is not ready`, hopeless: false } : null;
}

function told(message: string | undefined): string {
  return message === undefined || message === '' ? '' : `: ${clipped(message, LONGEST)}`;
}
