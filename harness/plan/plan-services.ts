// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { HarnessError } from '../core/errors.ts';
import type { Gate } from '../core/gate.ts';
import { MOST_SERVICES, type PlannedService, serviceAddress, type ZoneEntry } from '../core/site.ts';

type Draft = Omit<PlannedService, 'address'>;

/** UDP (RFC 5905). */
const NTP_PORT = 123;

/**
 * The services that a gate declares, each with an address of its own, in an order that depends on the gate alone.
 * Throws HarnessError (config) when they are more than the site's network has room for.
 */
export function planServices(gate: Gate): PlannedService[] {
  const drafts = [...ownServices(gate), ...stubs(gate)];
  if (drafts.length > MOST_SERVICES) {
    throw new HarnessError(
      `${gate.file ?? 'the gate'} declares ${drafts.length} services; the simulated site has room for ${MOST_SERVICES}`,
      { code: 'config', hint: 'leave out some under site.services and site.internal[].serve' },
    );
  }
  return drafts.map((draft, index) => ({ ...draft, address: serviceAddress(index) }));
}

function ownServices({ services }: Gate): Draft[] {
  if (services === undefined) return [];
  const { registry, ntp, charts, packages, files } = services;
  const plain = { internal: null } as const;
  const drafts: Draft[] = [];
  if (registry !== null) {
    const description = 'private registry';
    const { host, port } = registry;
    drafts.push({ ...plain, name: 'registry', kind: 'registry', hosts: [host], ports: [port], description });
  }
  if (ntp !== null) {
    const description = 'time server';
    drafts.push({ ...plain, name: 'ntp', kind: 'ntp', hosts: [ntp.host], ports: [NTP_PORT], description });
  }
  for (const [kind, folder, description] of [
    ['charts', charts, 'chart repository'],
    ['packages', packages, 'mirror of Debian packages'],
    ['files', files, 'static files'],
  ] as const) {
    if (folder === null) continue;
    drafts.push({ ...plain, name: kind, kind, hosts: [folder.host], ports: [folder.port], description });
  }
  return drafts;
}

/** What stands at declared destinations. */
function stubs({ internal }: Gate): Draft[] {
  return internal.flatMap(({ name, hosts, ports, serve, description }, index) =>
    serve === undefined
      ? []
      : [
          {
            name: `internal-${index + 1}`,
            kind: serve.kind,
            hosts: hosts.map((host) => host.toLowerCase()),
            ports,
            internal: name,
            description,
          },
        ],
  );
}

/**
 * The internal zone: the names of the services, and those that the gate adds.
 *
 * @param node IPv4 address of the node, for names that stand for it
 */
export function planZone(gate: Gate, services: readonly PlannedService[], node: string): ZoneEntry[] {
  const own = services.flatMap(({ hosts, address }) => hosts.map((name) => ({ name, address })));
  const added = Object.entries(gate.services?.zone ?? {}).flatMap(([name, target]) => {
    if (target === 'node') return [{ name, address: node }];
    const service = services.find((one) => one.name === target);
    const address = isIPv4(target) ? target : service?.address;
    return address === undefined ? [] : [{ name, address }];
  });
  return [...added, ...own]; // a name that is written out goes before a pattern
}
