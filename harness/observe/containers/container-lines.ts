// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { EventBody } from '../../core/events.ts';

type ContainerBody = Extract<EventBody, { type: 'container' }>;

/** A line of `airgap-node containers`. */
export const agentLine = z.union([
  z.strictObject({
    id: z.string(),
    annotations: z.record(z.string(), z.string()).nullable(),
    args: z.array(z.string()).nullable(),
  }),
  z.strictObject({ unreadable: z.string() }),
  z.strictObject({ flushed: z.string() }),
]);

const CRI = 'io.kubernetes.cri';
/** Name in the log of the container that holds a pod's namespaces. */
const SANDBOX = 'sandbox';

/**
 * A container by the annotations that containerd's CRI plugin writes into config.json. Null for a container that is not
 * Kubernetes's.
 */
export function containerOf(id: string, annotations: Readonly<Record<string, string>>): ContainerBody | null {
  const uid = annotations[`${CRI}.sandbox-uid`];
  const name = annotations[`${CRI}.sandbox-name`];
  const namespace = annotations[`${CRI}.sandbox-namespace`];
  if (uid === undefined || name === undefined || namespace === undefined) return null;
  const sandbox = annotations[`${CRI}.container-type`] === SANDBOX;
  return {
    type: 'container',
    id,
    name: annotations[`${CRI}.container-name`] ?? SANDBOX,
    pod: { namespace, name, uid },
    image: annotations[`${CRI}.image-name`] ?? annotations[`${CRI}.podsandbox.image-name`] ?? '',
    sandbox,
  };
}
