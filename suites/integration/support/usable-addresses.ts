// SPDX-License-Identifier: Apache-2.0
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';

/**
 * Waits until links have noticed their carrier, which is when the kernel gives them their own IPv6 address and listens for it,
 * and until no address is tentative: IPv6 sends nothing from one while it asks whether another has it. A run's link is older
 * than that. `namespaces`: paths.
 */
export async function addressesAreUsable(namespaces: readonly string[]): Promise<void> {
  const wait =
    'while ip link show | grep -q NO-CARRIER || ip -6 address show tentative | grep -q .; do sleep 0.02; done';
  for (const netns of namespaces)
    await runOrThrow(hostRunner, ['nsenter', `--net=${netns}`, '--', 'sh', '-c', wait]);
}
