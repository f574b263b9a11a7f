// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../core/errors.ts';
import { containerProbes } from './probes/container.ts';
import { kernelProbes } from './probes/kernel.ts';
import { machineProbes } from './probes/machine.ts';
import type { Probe } from './probes/probe.ts';
import { vmProbes } from './probes/vm.ts';
import { PROVIDERS, type ProviderId } from './provider.ts';

/** One thing that this machine can or cannot do. */
export interface Capability {
  readonly id: string;
  readonly ok: boolean;
  /** Providers that make no node without it; none: a run works without it. */
  readonly neededBy: readonly ProviderId[];
  /** What was found, or why not. */
  readonly reason: string;
  /** The command or step that mends it; null when it is fine. */
  readonly remedy: string | null;
}

/** What keeps a provider from making nodes on this machine; nothing: it can. */
export interface ProviderOffer {
  readonly id: ProviderId;
  readonly missing: readonly Capability[];
}

const PROBES: readonly Probe[] = [...machineProbes, ...kernelProbes, ...containerProbes, ...vmProbes];

/** Tries each thing that a run may need, and undoes it; nothing is guessed from versions. Takes about two seconds. */
export async function probeCapabilities(): Promise<Capability[]> {
  return await tryAll(PROBES);
}

/** The same for what these providers need, and nothing else. */
export async function probeFor(providers: readonly ProviderId[]): Promise<Capability[]> {
  return await tryAll(PROBES.filter(({ neededBy }) => neededBy.some((id) => providers.includes(id))));
}

/** What each provider offers, judged by these capabilities. */
export function offersOf(
  capabilities: readonly Capability[],
  providers: readonly ProviderId[] = PROVIDERS,
): ProviderOffer[] {
  return providers.map((id) => ({
    id,
    missing: capabilities.filter(({ ok, neededBy }) => !ok && neededBy.includes(id)),
  }));
}

/** One after the other: they make the same kinds of thing, and a broken machine should show the first cause first. */
async function tryAll(probes: readonly Probe[]): Promise<Capability[]> {
  const capabilities: Capability[] = [];
  for (const probe of probes) capabilities.push(await tryOne(probe));
  return capabilities;
}

async function tryOne({ id, neededBy, remedy, attempt }: Probe): Promise<Capability> {
  try {
    return { id, ok: true, neededBy, reason: await attempt(), remedy: null };
  } catch (error) {
    return { id, ok: false, neededBy, reason: reasonOf(error), remedy };
  }
}
