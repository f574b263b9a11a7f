// SPDX-License-Identifier: Apache-2.0
import type { CoreV1Event, V1ContainerState, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/** Short ways to write the API objects that tests need; what is not said is as in a pod that is well. */
export interface PodSketch {
  readonly name: string;
  readonly labels?: Record<string, string>;
  readonly owner?: { readonly kind: string; readonly uid: string };
  readonly phase?: string;
  readonly containers?: V1ContainerStatus[];
  readonly inits?: V1ContainerStatus[];
  readonly ready?: boolean;
}

export function pod(sketch: PodSketch): V1Pod {
  const { name, labels = {}, owner, phase = 'Running', containers = [], inits = [], ready } = sketch;
  return {
    metadata: {
      namespace: 'shop',
      name,
      uid: `uid-${name}`,
      labels,
      ownerReferences:
        owner === undefined
          ? []
          : [{ apiVersion: 'x/v1', name: 'owner', kind: owner.kind, uid: owner.uid, controller: true }],
    },
    status: {
      phase,
      containerStatuses: containers,
      initContainerStatuses: inits,
      conditions: ready === undefined ? [] : [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

export function container(
  state: V1ContainerState,
  changes: Partial<V1ContainerStatus> = {},
): V1ContainerStatus {
  return {
    name: 'app',
    image: 'registry.example/app:1',
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
    ...changes,
  };
}

export function event(name: string, message: string, changes: Partial<CoreV1Event> = {}): CoreV1Event {
  return {
    metadata: { namespace: 'shop' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name },
    reason: 'FailedMount',
    message,
    ...changes,
  };
}
