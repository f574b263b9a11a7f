// SPDX-License-Identifier: Apache-2.0
import type { Gate } from '../core/gate.ts';
import type { PlannedService } from '../core/site.ts';
import { AddressRanges, canonicalAddress } from './addresses.ts';
import { glob } from './globs.ts';
import { addressOfReverseName } from './reverse-names.ts';
import type { WishedDestination } from './wishes.ts';

/** A place that the site provides: declared by the gate, or a service of the simulated site. */
export interface SiteDestination {
  readonly name: string;
  readonly description: string | null;
  /** What stood there in this run; null: nothing. */
  readonly stands: PlannedService['kind'] | null;
}

interface Declared {
  readonly destination: SiteDestination;
  readonly ports: readonly number[];
  readonly hosts: readonly ((name: string) => boolean)[];
  readonly ranges: AddressRanges;
}

/** The destinations that the gate says the customer's site provides, and the services that this run's site had. */
export class InternalDestinations {
  readonly #declared: readonly Declared[];

  constructor(gate: Gate, services: readonly PlannedService[] = []) {
    const internal = gate.internal.map(({ name, description, hosts, cidrs, ports }): Declared => {
      const service = services.find((one) => one.internal === name);
      const addresses = service === undefined ? cidrs : [...cidrs, service.address];
      return {
        destination: { name, description, stands: service?.kind ?? null },
        ports,
        hosts: hosts.map(glob),
        ranges: new AddressRanges(addresses.map(canonicalCidr)),
      };
    });
    const own = services
      .filter((service) => service.internal === null)
      .map(
        ({ name, kind, description, hosts, address, ports }): Declared => ({
          destination: { name, description, stands: kind },
          ports,
          hosts: hosts.map(glob),
          ranges: new AddressRanges([address]),
        }),
      );
    this.#declared = [...internal, ...own];
  }

  /** All of them, the gate's own first. */
  get all(): readonly SiteDestination[] {
    return this.#declared.map(({ destination }) => destination);
  }

  /** The destination that this is. A question for a name says nothing of ports: any port's will do. */
  find({ address, name, port, protocol }: WishedDestination): SiteDestination | null {
    const isQuestion = protocol === 'dns';
    const reversed = name === null ? null : addressOfReverseName(name);
    const found = this.#declared.find(({ ports, hosts, ranges }) => {
      const portFits = isQuestion || ports.length === 0 || ports.includes(port ?? -1);
      if (!portFits) return false;
      const hostFits = hosts.some(
        (test) => (name !== null && test(name)) || (address !== null && test(address)),
      );
      return (
        hostFits || (address !== null && ranges.has(address)) || (reversed !== null && ranges.has(reversed))
      );
    });
    return found?.destination ?? null;
  }

  /** True for a DNS server that the site provides: the names asked of it count, as with the node's own resolver. */
  isNameServer(address: string): boolean {
    return this.find({ protocol: 'udp', address, port: 53, name: null }) !== null;
  }
}

function canonicalCidr(cidr: string): string {
  const [address = '', prefix] = cidr.split('/', 2);
  return prefix === undefined ? canonicalAddress(address) : `${canonicalAddress(address)}/${prefix}`;
}
