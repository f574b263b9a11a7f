// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../core/errors.ts';
import { kernelProbes } from './probes/kernel.ts';
import { machineProbes } from './probes/machine.ts';
import type { Probe } from './probes/probe.ts';

/** One thing that this machine can or cannot do. */
export interface Capability {
  readonly id: string;
  readonly ok: boolean;
  /** False: a run works without it. */
  readonly required: boolean;
  /** What was found, or why not. */
  readonly reason: string;
  /** The command or step that mends it; null when it is fine. */
  readonly remedy: string | null;
}

/** Tries each thing that a run needs, and undoes it; nothing is guessed from versions. Takes about a second. */
export async function probeCapabilities(): Promise<Capability[]> {
  const capabilities: Capability[] = [];
  // One after the other: they make the same kinds of thing, and a broken machine should show the first cause first.
  for (const probe of [...machineProbes, ...kernelProbes]) capabilities.push(await tryOne(probe));
  return capabilities;
}

async function tryOne({ id, required, remedy, attempt }: Probe): Promise<Capability> {
  try {
    return { id, ok: true, required, reason: await attempt(), remedy: null };
  } catch (error) {
    return { id, ok: false, required, reason: reasonOf(error), remedy };
  }
}
