// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../core/errors.ts';
import { containerProbes } from './probes/container.ts';
import { kernelProbes } from './probes/kernel.ts';
import { machineProbes } from './probes/machine.ts';
import { type Blinds, LackError, type Probe } from './probes/probe.ts';
import { vmProbes } from './probes/vm.ts';
import { PROVIDERS, type ProviderId } from './provider.ts';

/** One thing that this machine can or cannot do. */
export interface Capability {
  readonly id: string;
  readonly ok: boolean;
  /** Providers that make no node without it; none: a run works without it. */
  readonly neededBy: readonly ProviderId[];
  /** Observers that are missing without it; a run works all the same. */
  readonly blinds?: Blinds;
  /** What was found, or why not. */
  readonly reason: string;
  /** The command or step that mends it; null when it is fine. */
  readonly remedy: string | null;
}

/** What keeps a provider from making nodes on this machine; nothing: it can. */
export interface ProviderOffer {
  readonly id: ProviderId;
  readonly missing: readonly Capability[];
  /** What it makes nodes without, but cannot watch them wholly without. */
  readonly blind: readonly Capability[];
}

const PROBES: readonly Probe[] = [...machineProbes, ...kernelProbes, ...containerProbes, ...vmProbes];

/** Tries each thing that a run may need, and undoes it; nothing is guessed from versions. Takes about two seconds. */
export async function probeCapabilities(): Promise<Capability[]> {
  return await tryAll(PROBES);
}

/** The same for what these providers need, and nothing else. */
export async function probeFor(providers: readonly ProviderId[]): Promise<Capability[]> {
  return await tryAll(
    PROBES.filter(({ neededBy, blinds }) =>
      [...neededBy, ...(blinds?.providers ?? [])].some((id) => providers.includes(id)),
    ),
  );
}

/** What each provider offers, judged by these capabilities. */
export function offersOf(
  capabilities: readonly Capability[],
  providers: readonly ProviderId[] = PROVIDERS,
): ProviderOffer[] {
  return providers.map((id) => ({
    id,
    missing: capabilities.filter(({ ok, neededBy }) => !ok && neededBy.includes(id)),
    blind: capabilities.filter(({ ok, blinds }) => !ok && blinds?.providers.includes(id) === true),
  }));
}

/** One after the other: they make the same kinds of thing, and a broken machine should show the first cause first. */
async function tryAll(probes: readonly Probe[]): Promise<Capability[]> {
  const capabilities: Capability[] = [];
  for (const probe of probes) capabilities.push(await tryOne(probe));
  return capabilities;
}

async function tryOne({ id, neededBy, blinds, remedy, attempt }: Probe): Promise<Capability> {
  const shared = { id, neededBy, ...(blinds === undefined ? {} : { blinds }) };
  try {
    return { ...shared, ok: true, reason: await attempt(), remedy: null };
  } catch (error) {
    const mends = error instanceof LackError ? error.remedy : remedy;
    return { ...shared, ok: false, reason: reasonOf(error), remedy: mends };
  }
}
