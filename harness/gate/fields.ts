// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';

/** True for a day that the calendar has, as YYYY-MM-DD. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/** True for an address range in CIDR notation, or one address. */
export function isCidr(value: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const family = isIP(address);
  return family !== 0 && (prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128));
}

/** True for a host name, in which `*` stands for any run of characters, or an address. */
export function isHostPattern(value: string): boolean {
  return isIP(value) !== 0 || /^[A-Za-z0-9*_](?:[A-Za-z0-9*_.-]*[A-Za-z0-9*_])?$/.test(value);
}

/** True for a host or an address with or without a port; an IPv6 address with a port stands in brackets. */
export function isDestination(value: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*|.*:.*:.*))(?::(\d{1,5}))?$/.exec(value) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  return plain !== undefined && isHostPattern(plain);
}
