// SPDX-License-Identifier: Apache-2.0
import type { Gate } from '../core/gate.ts';
import type { Profile } from '../core/profile.ts';

/**
 * What the site offers in a profile: the gate as it is, but in `registry-only` the registry and nothing else. Destinations
 * that the gate declares stay declared: their uses are site dependencies, and nothing stands there. Pure.
 */
export function offeredIn(profile: Profile, gate: Gate): Gate {
  if (profile !== 'registry-only') return { ...gate, profile };
  const { services, ...rest } = gate;
  const internal = gate.internal.map(({ name, hosts, cidrs, ports, description }) => ({
    name,
    hosts,
    cidrs,
    ports,
    description,
  }));
  const only =
    services === undefined
      ? {}
      : { services: { ...services, ntp: null, charts: null, packages: null, files: null } };
  return { ...rest, ...only, profile, internal };
}
