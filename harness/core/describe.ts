// SPDX-License-Identifier: Apache-2.0
import type { Attempt } from './report.ts';

/**
 * Who must mend it, in a reader's words: `Deployment/web (container app) in namespace shop`, `process curl of the
 * node`, `an unknown process`. Attempts with the same text belong to one group.
 */
export function describeCulprit({ owner, container, namespace, process }: Attempt['source']): string {
  if (owner !== null) {
    const inside = container === null ? '' : ` (container ${container})`;
    return `${owner}${inside}${namespace === null ? '' : ` in namespace ${namespace}`}`;
  }
  if (process.exe === null) return 'an unknown process';
  return `process ${process.exe.slice(process.exe.lastIndexOf('/') + 1)} of the node`;
}

/** The same, short, for columns: `shop/Deployment/web (app)`, `curl (node)`, `unknown`. */
export function describeCulpritShort({ owner, container, namespace, process }: Attempt['source']): string {
  if (owner !== null) {
    const place = namespace === null ? owner : `${namespace}/${owner}`;
    return container === null ? place : `${place} (${container})`;
  }
  return process.exe === null ? 'unknown' : `${process.exe.slice(process.exe.lastIndexOf('/') + 1)} (node)`;
}

/**
 * Where to: `updates.example (DNS)`, `198.51.100.7:443/tcp`, `[2001:db8::7]:443/tcp`, `203.0.113.10 (icmp)`, and where an address was
 * connected to and the name said then, `updates.example at 203.0.113.10:443/tcp`.
 */
export function describeDestination({
  protocol,
  destination: { name, address, port },
}: Pick<Attempt, 'protocol' | 'destination'>): string {
  if (protocol === 'dns') return `${name ?? address ?? 'an unknown name'} (DNS)`;
  const place = address?.includes(':') === true ? `[${address}]` : address;
  const host =
    name === null
      ? (place ?? 'an unknown address')
      : place === null || place === undefined
        ? name
        : `${name} at ${place}`;
  return port === null ? `${host} (${protocol})` : `${host}:${port}/${protocol}`;
}
