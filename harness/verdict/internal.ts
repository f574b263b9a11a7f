// SPDX-License-Identifier: Apache-2.0
import type { Gate, InternalDestination } from '../core/gate.ts';
import { AddressRanges, canonicalAddress } from './addresses.ts';
import { glob } from './globs.ts';
import { addressOfReverseName } from './reverse-names.ts';
import type { WishedDestination } from './wishes.ts';

interface Declared {
  readonly destination: InternalDestination;
  readonly hosts: readonly ((name: string) => boolean)[];
  readonly ranges: AddressRanges;
}

/** The destinations that the gate says the customer's site provides. */
export class InternalDestinations {
  readonly #declared: readonly Declared[];

  constructor(gate: Gate) {
    this.#declared = gate.internal.map((destination) => ({
      destination,
      hosts: destination.hosts.map(glob),
      ranges: new AddressRanges(destination.cidrs.map(canonicalCidr)),
    }));
  }

  /** The declared destination that this is. A question for a name says nothing of ports: any port's will do. */
  find({ address, name, port, protocol }: WishedDestination): InternalDestination | null {
    const isQuestion = protocol === 'dns';
    const reversed = name === null ? null : addressOfReverseName(name);
    const found = this.#declared.find(({ destination, hosts, ranges }) => {
      const portFits = isQuestion || destination.ports.length === 0 || destination.ports.includes(port ?? -1);
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
