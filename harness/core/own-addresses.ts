// SPDX-License-Identifier: Apache-2.0
import { networkInterfaces } from 'node:os';
import { rootless } from './rootless.ts';

/** This machine's own addresses, but for loopback and link-local ones; each once. */
export function ownAddresses(): readonly string[] {
  const outside = rootless();
  if (outside !== null) return outside.addresses;
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const reachable = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return [...new Set(reachable.map(({ address }) => address))];
}
