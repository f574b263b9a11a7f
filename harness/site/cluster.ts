// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import type { RunningNode } from '../core/node.ts';

/** The Kubernetes of a node, as checks and observers get it. `binary`: path of K3s inside the node. */
export function makeCluster(node: RunningNode, config: KubeConfig, binary: string = K3S.binary): Cluster {
  return {
    config,
    node,
    async kubectl(args) {
      const { stdout, stderr, exitCode } = await node.exec([binary, 'kubectl', ...args], {
        timeoutMs: 30_000 * node.pace,
      });
      if (exitCode === 0) return stdout;
      throw new HarnessError(`kubectl ${args.join(' ')}: ${stderr.trim().slice(0, 500)}`, {
        code: 'harness',
      });
    },
  };
}
