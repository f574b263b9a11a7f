// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';

export interface Distribution {
  readonly name: string;
  readonly version: string;
  /** It says itself that it stands in for K3s. */
  readonly standIn: boolean;
}

/** `k3s --version`: `k3s version v1.36.3+k3s1 (0123abcd)` and further lines. Throws HarnessError (bundle) for another text. */
export function parseVersion(text: string): Distribution {
  const [, name, version] = /^(\S+) version (v\S+)/m.exec(text) ?? [];
  if (name === undefined || version === undefined) {
    throw new HarnessError(
      `the K3s binary does not answer --version as K3s does: "${text.trim().slice(0, 200)}"`,
      {
        code: 'bundle',
        hint: 'check kubernetes.binary of the bundle, or give another with --k3s',
      },
    );
  }
  return { name, version, standIn: /stand-in/i.test(text) };
}

/** Asks the binary inside the node: it is untrusted and never runs on the host. */
export async function readDistribution(node: RunningNode, binary: string): Promise<Distribution> {
  const { stdout, stderr, exitCode } = await node.exec([binary, '--version'], {
    timeoutMs: 20_000 * node.pace,
  });
  if (exitCode === 0) return parseVersion(stdout);
  throw new HarnessError(
    `"k3s --version" failed in the node (exit code ${exitCode}): ${stderr.trim().slice(0, 300)}`,
    {
      code: 'bundle',
      hint: 'the K3s binary must be an executable for linux/amd64',
    },
  );
}
