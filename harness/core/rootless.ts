// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { toldByVariable } from './told-by-variable.ts';

/** The variable by which the command line tells itself that it runs as root of namespaces of its own (ADR 19). */
export const ROOTLESS_VARIABLE = 'AIRGAP_ROOTLESS';

const rootlessSchema = z.strictObject({
  /** The user, outside. */
  uid: z.number().int(),
  /** The process outside that waits for this one, as the machine knows it: numbers in here are others. */
  owner: z.strictObject({ pid: z.number().int(), startTicks: z.string() }),
  /** The machine's own addresses: its network cannot be looked at from in here. */
  addresses: z.array(z.string()).readonly(),
});
export type Rootless = z.infer<typeof rootlessSchema>;

/** Who this is outside of its namespaces; null: it is root itself, or no root at all. Text that is not ours counts as none. */
export function rootless(env: Readonly<NodeJS.ProcessEnv> = process.env): Rootless | null {
  return toldByVariable(env, ROOTLESS_VARIABLE, rootlessSchema);
}
