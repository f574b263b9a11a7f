// SPDX-License-Identifier: Apache-2.0
import { findGate } from '../gate/find-gate.ts';
import { readGate } from '../gate/read-gate.ts';
import { readBundle } from '../bundle/read-bundle.ts';
import { builtinChecks } from '../checks/builtin-checks.ts';
import { chartChecks } from '../checks/charts.ts';
import { dataChecks } from '../checks/data-checks.ts';
import { withReboot } from '../checks/reboot-checks.ts';
import { siteChecks } from '../checks/site-services.ts';
import type { Bundle } from '../core/bundle.ts';
import type { Check } from '../core/cluster.ts';

import type { Gate } from '../core/gate.ts';
import type { Profile } from '../core/profile.ts';
import { offeredIn } from '../plan/offered.ts';
import { planServices } from '../plan/plan-services.ts';
import { routeImages } from '../plan/route-images.ts';
import { makePlan, type Plan, type PlanOptions } from '../plan/plan.ts';
import { applyRules } from '../rules/apply-rules.ts';
import type { Finding } from '../rules/finding.ts';

/** What a run in one profile is made of, before anything is started. */
export interface Inspected {
  readonly bundle: Bundle;
  /** What the site offers in the plan's profile. */
  readonly gate: Gate;
  readonly plan: Plan;
  readonly checks: readonly Check[];
  readonly findings: readonly Finding[];
}

/**
 * Reads and verifies everything; starts nothing. Throws HarnessError: `bundle` or `config`, with file:line:column where
 * there is one.
 *
 * @param options.profiles kinds of gap @default those that the gate requires
 * @returns one for each profile, in their order
 */
export async function inspectAll(
  bundlePath: string,
  options: PlanOptions & { readonly gatePath: string | null; readonly profiles?: readonly Profile[] },
): Promise<readonly [Inspected, ...Inspected[]]> {
  const carried = await readBundle(bundlePath);
  const gate = await readGate(options.gatePath ?? (await findGate(bundlePath)));
  const [first = gate.profile, ...others] = options.profiles ?? gate.profiles ?? [gate.profile];
  const inProfile = (profile: Profile): Inspected => put(carried, offeredIn(profile, gate), options);
  return [inProfile(first), ...others.map(inProfile)];
}

/** The same, in the first profile that the gate requires. */
export async function inspect(
  bundlePath: string,
  options: PlanOptions & { readonly gatePath: string | null },
): Promise<Inspected> {
  const [inspected] = await inspectAll(bundlePath, options);
  return inspected;
}

/** Bundle and gate together. */
function put(carried: Bundle, gate: Gate, options: PlanOptions): Inspected {
  const bundle = routeImages(carried, gate);
  const services = planServices(gate);
  const asked = [
    ...builtinChecks,
    ...siteChecks(gate, services),
    ...chartChecks(bundle),
    ...dataChecks(bundle),
  ];
  const checks = gate.reboot === true || options.reboot === true ? withReboot(asked) : asked;
  return {
    bundle,
    gate,
    plan: makePlan(bundle, gate, checks, options),
    checks,
    findings: applyRules(bundle, new Set(services.flatMap(({ hosts }) => hosts))),
  };
}
