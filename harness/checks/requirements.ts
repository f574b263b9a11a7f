// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { verdictOf } from './listing.ts';

/** The machine's memory, then the limit of the cgroup that the node sees as its root: cgroup v1, else v2 (`max`: no limit). */
const READ_MEMORY = `grep MemTotal /proc/meminfo
cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max`;

export const requirements: Check = {
  id: 'requirements',
  title: 'the site has the nodes and the memory that the bundle requires',
  phase: 'install',
  async run({ cluster, bundle }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listNode();
    const { stdout } = await cluster.node.exec(['sh', '-c', READ_MEMORY]);
    const memoryMiB = parseMemoryMiB(stdout);
    const { nodes, memoryMiB: wanted } = bundle.requirements;
    const problems: string[] = [];
    if (items.length < nodes)
      problems.push(`the bundle requires ${nodes} node(s), there are ${items.length}`);
    if (wanted !== null && memoryMiB < wanted)
      problems.push(`the bundle requires ${wanted} MiB of memory, a node has ${memoryMiB} MiB`);
    return verdictOf(problems, `${items.length} node(s) with ${memoryMiB} MiB of memory`);
  },
};

/** What a node may use at most, in whole MiB: the smaller of the two. Throws HarnessError (harness) for another text. */
export function parseMemoryMiB(text: string): number {
  const [, kib, limit] = /^MemTotal:\s+(\d+) kB\s+(\d+|max)\s*$/.exec(text) ?? [];
  if (kib === undefined || limit === undefined) {
    throw new HarnessError(`the node does not tell its memory: "${text.trim()}"`, { code: 'harness' });
  }
  return Math.floor(Math.min(Number(kib) / 2 ** 10, limit === 'max' ? Infinity : Number(limit) / 2 ** 20));
}
