// SPDX-License-Identifier: Apache-2.0

/** What a service of the simulated site is. */
export const SERVICE_KINDS = [
  'registry',
  'ntp',
  'files',
  'charts',
  'packages',
  'tcp',
  'http',
  'program',
] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** A service of the simulated site before it exists: its own namespace, its address in the site's network, its names. */
export interface PlannedService {
  /** Unique within the site; part of its namespace's name. Letters of a host name. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Names of the internal zone that stand for it; `*` matches any characters. */
  readonly hosts: readonly string[];
  /** IPv4 address in the site's network. */
  readonly address: string;
  /** TCP ports (UDP for `ntp`) that it is offered on. */
  readonly ports: readonly number[];
  /** `site.internal[].name` when it stands for a declared destination, else null. */
  readonly internal: string | null;
  readonly description: string | null;
}

/** A name of the internal zone and the IPv4 address it has. `*` matches any characters. */
export interface ZoneEntry {
  readonly name: string;
  readonly address: string;
}

/** Word in the command line of what the harness itself runs in a node to ask a service: such a use is nobody's need. */
export const HARNESS_MARK = 'airgap-probe';
/** The harness's own program in a node. */
export const HARNESS_PROGRAM = '/run/airgap/airgap-node';

/** Common name of the site's authority when it is made for the run. */
export const AUTHORITY_NAME = 'Airgap test site CA';

/** Addresses for the services of a site: inside the node network's prefix, and nothing else is in it. */
export const SERVICE_RANGE = '10.99.0.64/26';
const FIRST_SERVICE = 65;
/** The range's last address is left free. */
export const MOST_SERVICES = 62;

/** Address of the service with that number, counted from 0. */
export function serviceAddress(index: number): string {
  return `10.99.0.${FIRST_SERVICE + index}`;
}
