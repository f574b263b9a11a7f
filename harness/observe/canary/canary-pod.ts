// SPDX-License-Identifier: Apache-2.0
import type { V1Pod } from '@kubernetes/client-node';
import { canaryArguments } from './encode.ts';
import type { PlannedCanary } from './plan.ts';

export interface CanaryPodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly node: string;
  readonly hostNetwork: boolean;
  readonly plan: readonly PlannedCanary[];
  /** As in RunningNode. */
  readonly pace: number;
}

/** A pod that makes canaries and ends. It may do what they need and nothing else, and runs wherever the node lets it. */
export function canaryPod({ name, namespace, image, node, hostNetwork, plan, pace }: CanaryPodSpec): V1Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'airgap-readiness' } },
    spec: {
      nodeName: node,
      hostNetwork,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'canary',
          image,
          imagePullPolicy: 'Never',
          command: ['/airgap-node', ...canaryArguments(plan, pace)],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  };
}
