// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HarnessError } from '../core/errors.ts';
import type { NodeService } from '../core/node.ts';
import { dropIns } from './drop-ins.ts';
import { type K3sOptions, startK3s } from './k3s.ts';

/**
 * A Ready node has not done yet what every cluster does once: service accounts, and the DNS that K3s brings (which a
 * configuration may leave out). What is saved before that starts with it each time.
 */
const AT_REST = `until "$1" kubectl get serviceaccount default >/dev/null 2>&1; do sleep 1; done
for i in 1 2 3 4 5 6 7 8 9 10; do
  "$1" kubectl -n kube-system get deployment coredns >/dev/null 2>&1 || { sleep 1; continue; }
  exec "$1" kubectl -n kube-system rollout status deployment/coredns
done`;
const REST_MS = 60_000;

/**
 * K3s as the service of a node of that name, for a provider that may have it running already. What lies in the node besides
 * (binary, image archives) is in the node's spec, and changes its key by itself.
 */
export async function k3sService(nodeName: string, options: K3sOptions): Promise<NodeService> {
  const { binary, config, registries, link } = options;
  // The drop-ins of one kind of machine stand for those of all: they change together.
  const added = dropIns(link, nodeName, { cgroupV1: true, sysResource: false });
  const parts = [binary, await textOf(config), await textOf(registries), added];
  return {
    key: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
    async start(node) {
      await startK3s(node, options);
      const { exitCode, stderr } = await node.exec(['sh', '-c', AT_REST, 'sh', binary], {
        timeoutMs: REST_MS * node.pace,
      });
      if (exitCode === 0) return;
      throw new HarnessError(`Kubernetes of node "${node.name}" does not come to rest: ${stderr.trim()}`, {
        code: 'harness',
      });
    },
  };
}

async function textOf(path: string | null): Promise<string | null> {
  return path === null ? null : await readFile(path, 'utf8');
}
