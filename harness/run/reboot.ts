// SPDX-License-Identifier: Apache-2.0
import { writeBeforeReboot } from '../checks/volumes-after-reboot.ts';
import type { CheckContext } from '../core/cluster.ts';
import type { EventBody } from '../core/events.ts';
import { settleAgain, type SettleContext } from './settle.ts';

/** What a run without the phase does not show. */
export const NOT_REBOOTED: EventBody = {
  type: 'limit',
  id: 'not-rebooted',
  message:
    'The node was not restarted: whether everything comes back after a loss of power, and what it reaches for then, was not seen (--reboot, or reboot: true in gate.yaml).',
};

/**
 * The phase `reboot`: something is written to volumes, the node loses its power and is started again (`restart`), and what was
 * available before is waited for. Returns what is not available again, one line each; checks of the phase ask for the rest.
 * Throws HarnessError when Kubernetes does not come back.
 */
export async function reboot(
  context: SettleContext,
  { checks, restart }: { readonly checks: CheckContext; readonly restart: () => Promise<void> },
): Promise<string[]> {
  await writeBeforeReboot(checks);
  await restart();
  return await settleAgain(context);
}
