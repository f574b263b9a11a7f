// SPDX-License-Identifier: Apache-2.0
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';

/** An image in a node's store: all its names are one content. */
export interface NodeImage {
  /** sha256:<hex> of the manifest or index. */
  readonly digest: string;
  /** Names that a pod may use; not the runtime's own `sha256:...`. */
  readonly references: readonly string[];
  /** All names that it is stored under. */
  readonly names: readonly string[];
  /** The kubelet's garbage collection leaves it alone. */
  readonly pinned: boolean;
}

/** The label that CRI marks an image with that is never collected. */
const PINNED = 'io.cri-containerd.pinned=pinned';

/** Reads `ctr images ls`: `REF TYPE DIGEST SIZE PLATFORMS LABELS`, one line for each name. */
export function parseNodeImages(text: string): NodeImage[] {
  const lines = text.split('\n').flatMap((line) => {
    const [, name, digest] = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s/.exec(line) ?? [];
    return name === undefined || digest === undefined
      ? []
      : [{ name, digest, pinned: line.includes(PINNED) }];
  });
  return [...Map.groupBy(lines, ({ digest }) => digest)].map(([digest, group]) => {
    const names = group.map(({ name }) => name);
    return {
      digest,
      names,
      references: names.filter((name) => !name.startsWith('sha256:')),
      pinned: group.some(({ pinned }) => pinned),
    };
  });
}

/** All images of the node's store. Throws HarnessError (harness) when the runtime does not answer. */
export async function nodeImages({ node }: Cluster): Promise<NodeImage[]> {
  const argv = [K3S.binary, 'ctr', '-n', 'k8s.io', 'images', 'ls'];
  const { stdout, stderr, exitCode } = await node.exec(argv, { timeoutMs: 60_000 * node.pace });
  if (exitCode === 0) return parseNodeImages(stdout);
  throw new HarnessError(`the node's image store cannot be read: ${stderr.trim().slice(-300)}`, {
    code: 'harness',
  });
}

/** Takes images out of the node's store, as garbage collection does. Throws HarnessError (harness). */
export async function removeNodeImages({ node }: Cluster, images: readonly NodeImage[]): Promise<void> {
  const names = images.flatMap((image) => image.names);
  const argv = [K3S.binary, 'ctr', '-n', 'k8s.io', 'images', 'rm', '--sync', ...names];
  const { stderr, exitCode } = await node.exec(argv, { timeoutMs: 120_000 * node.pace });
  if (exitCode === 0) return;
  throw new HarnessError(`images cannot be taken out of the node's store: ${stderr.trim().slice(-300)}`, {
    code: 'harness',
  });
}
