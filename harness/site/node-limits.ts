// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';

/** What the node's kernel side lacks, so that the drop-ins say only what this machine needs. */
export interface NodeLimits {
  readonly cgroupV1: boolean;
  /** Without CAP_SYS_RESOURCE no process may lower its oom_score_adj: every sandbox would fail. */
  readonly sysResource: boolean;
}

/** linux/capability.h */
const CAP_SYS_RESOURCE = 24n;

/** Asks the node. Throws HarnessError (harness) when it does not tell. */
export async function readLimits(node: RunningNode): Promise<NodeLimits> {
  const { stdout } = await node.exec([
    'sh',
    '-c',
    'grep CapEff /proc/self/status; stat -fc %T /sys/fs/cgroup',
  ]);
  return parseLimits(stdout);
}

/** `CapEff:` line of /proc/self/status, then the file system type of /sys/fs/cgroup. Throws HarnessError (harness). */
export function parseLimits(text: string): NodeLimits {
  const [, capabilities, type] = /CapEff:\s*([0-9a-f]+)\s+(\S+)/.exec(text) ?? [];
  if (capabilities === undefined || type === undefined) {
    throw new HarnessError(`the node does not tell its capabilities and cgroups: "${text.trim()}"`, {
      code: 'harness',
    });
  }
  return {
    cgroupV1: type !== 'cgroup2fs',
    sysResource: (BigInt(`0x${capabilities}`) & (1n << CAP_SYS_RESOURCE)) !== 0n,
  };
}
