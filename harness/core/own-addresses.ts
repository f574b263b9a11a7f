// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { farEngine } from './far-engine.ts';
import { rootless } from './rootless.ts';

/** This machine's own addresses, but for loopback and link-local ones; each once. */
export function ownAddresses(): readonly string[] {
  const outside = rootless();
  if (outside !== null) return outside.addresses;
  if (farEngine() !== null) return addressesOfFirst();
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const reachable = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return [...new Set(reachable.map(({ address }) => address))];
}

/** Of the network that the machine's first process is in: a container without a network sees its process numbers. */
function addressesOfFirst(): readonly string[] {
  return parseAddresses(
    readFileSync('/proc/1/net/fib_trie', 'utf8'),
    readFileSync('/proc/1/net/if_inet6', 'utf8'),
  );
}

/**
 * Addresses of a network namespace but for loopback and link-local ones, each once.
 *
 * @param fibTrie text of /proc/PID/net/fib_trie, in which an address of its own is a leaf of type LOCAL
 * @param ifInet6 text of /proc/PID/net/if_inet6: address in hex, index, prefix length, scope (00: global), flags, name
 */
export function parseAddresses(fibTrie: string, ifInet6: string): string[] {
  const ipv4 = [...fibTrie.matchAll(LOCAL)].map(([, address = '']) => address);
  const ipv6 = [...ifInet6.matchAll(/^([0-9a-f]{32}) \S+ \S+ 00 /gm)].map(([, hex = '']) =>
    hex.replaceAll(/(.{4})(?!$)/g, '$1:'),
  );
  return [...new Set([...ipv4, ...ipv6])].filter((address) => !address.startsWith('127.'));
}

/** A leaf, its entries, and the one that makes it an address of the namespace itself. */
const LOCAL = /\|-- (\S+)\n(?: +\/\d+ \S+ \S+\n)*? +\/32 host LOCAL/g;
