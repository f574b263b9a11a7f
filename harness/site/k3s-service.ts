// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { NodeService } from '../core/node.ts';
import { dropIns } from './drop-ins.ts';
import { type K3sOptions, startK3s } from './k3s.ts';

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
    start: async (node, pace) => void (await startK3s(node, { ...options, pace })),
  };
}

async function textOf(path: string | null): Promise<string | null> {
  return path === null ? null : await readFile(path, 'utf8');
}
