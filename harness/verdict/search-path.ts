// SPDX-License-Identifier: Apache-2.0
import type { Facts } from './facts.ts';

/**
 * Names that the cluster did not know, by the address of who wanted them. A resolver tries its search domains in order, and the
 * cluster's own domain is the last of the cluster's: who asks for `hooks.cluster.local` got no answer for `hooks` in any namespace.
 */
export function namesUnknownInside(facts: Facts): ReadonlyMap<string, ReadonlySet<string>> {
  const domain = `.${facts.run.inside.clusterDomain.toLowerCase()}`;
  const names = new Map<string, Set<string>>();
  for (const { protocol, name, fromAddress } of facts.sightings) {
    if (protocol !== 'dns' || fromAddress === null || name?.endsWith(domain) !== true) continue;
    const ofOne = names.get(fromAddress) ?? new Set();
    names.set(fromAddress, ofOne.add(name.slice(0, -domain.length)));
  }
  return names;
}

/**
 * True for `hooks.corp.example` of who wanted `hooks`: the same name with another search domain behind it, and nobody's wish. Not for
 * `hooks.vendor.example`, when that was wanted by its own name as well.
 */
export function isNextInSearch(name: string, unknownInside: ReadonlySet<string>): boolean {
  const [label = ''] = name.split('.', 1);
  return unknownInside.has(label) && !unknownInside.has(name);
}
