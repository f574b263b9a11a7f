// SPDX-License-Identifier: Apache-2.0
import { realpath } from 'node:fs/promises';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { NodeSpec } from '../core/node.ts';

/**
 * A node's paths on this machine without symbolic links: the agent looks them up below another root, where an absolute link
 * would lead elsewhere. Throws HarnessError (setup) when one does not exist.
 */
export async function withRealPaths(spec: NodeSpec): Promise<NodeSpec> {
  const [image, ...sources] = await Promise.all(
    [spec.image, ...spec.binds.map((bind) => bind.from)].map(async (path) => await realPath(path, spec.name)),
  );
  const binds = spec.binds.map(({ from, to }, i) => ({ from: sources[i] ?? from, to }));
  return { ...spec, image: image ?? spec.image, binds };
}

/** A path that exists, without symbolic links. Throws HarnessError (setup). */
export async function realPath(path: string, node: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw new HarnessError(`"${path}", which node "${node}" needs, cannot be used: ${reasonOf(error)}`, {
      code: 'setup',
      hint: 'run: npm run setup',
      cause: error,
    });
  }
}
