// SPDX-License-Identifier: Apache-2.0
import type { CoreV1Event } from '@kubernetes/client-node';
import type { EventBody } from '../../core/events.ts';

export type PullBody = Extract<EventBody, { type: 'pull' }>;

const OUTCOMES: Readonly<Record<string, PullBody['outcome']>> = {
  Pulling: 'pulling',
  Pulled: 'pulled',
  Failed: 'failed',
  BackOff: 'failed',
};
/** `Failed` and `BackOff` are said of other troubles as well (a container that crashes, a missing ConfigMap). */
const OF_PULL = /\bpull(?:ing|ed)? image\b|ErrImagePull|ImagePullBackOff/i;
const NO_PULL = /already present on machine|ErrImageNeverPull|InvalidImageName/;
const QUOTED_IMAGE = /image "([^"]+)"/;
const FIELD_PATH = /\{(.+)\}/;

/**
 * A Kubernetes event as a pull. Null for an event of another kind, and for an image that was there already.
 *
 * @param imageOf the image of a container by the pod's own words, for messages that name none
 */
export function pullOf(
  event: CoreV1Event,
  imageOf: (podUid: string, container: string) => string | null,
): PullBody | null {
  const { involvedObject, reason = '', message = '' } = event;
  const outcome = OUTCOMES[reason];
  const { kind, namespace = 'default', name, uid, fieldPath = '' } = involvedObject;
  if (outcome === undefined || kind !== 'Pod' || name === undefined || uid === undefined) return null;
  if (!OF_PULL.test(message) || NO_PULL.test(message)) return null;
  const container = FIELD_PATH.exec(fieldPath)?.[1] ?? '';
  const image = QUOTED_IMAGE.exec(message)?.[1] ?? imageOf(uid, container) ?? '';
  return { type: 'pull', pod: { namespace, name, uid }, container, image, outcome, message };
}

/** Times of an event: dates from a list, texts from a watch. */
export interface EventTimes {
  readonly series?: { readonly lastObservedTime?: Date | string };
  readonly lastTimestamp?: Date | string;
  readonly eventTime?: Date | string;
}

/** When it last happened, by the event's own words; null when it does not say. Whole seconds mostly. */
export function lastTimeOf({ series, lastTimestamp, eventTime }: EventTimes): Date | null {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime;
  if (time === undefined || time === null) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
}
