// SPDX-License-Identifier: Apache-2.0
import { PATTERNS } from './patterns.ts';
import { ADDRESSES, PATHS, PORTS, PROGRAMS, SERVICE_NAMES } from './places.ts';
import { PRODUCTS } from './products.ts';
import { matcher, type Row, type Subject } from './row.ts';
import { SERVICES } from './services.ts';
import { SOURCES } from './sources.ts';

/**
 * The table: the first row that fits says what an attempt is. What is known for certain comes first: products, then services by
 * their full names, then what a request, an address, a program, a pattern of a name, and last a port suggest.
 */
export const TABLE: readonly Row[] = [
  ...PRODUCTS,
  ...SOURCES,
  ...SERVICES,
  ...SERVICE_NAMES,
  ...PATHS,
  ...ADDRESSES,
  ...PROGRAMS,
  ...PATTERNS,
  ...PORTS,
];

const COMPILED = TABLE.map((row) => ({ row, fits: matcher(row.when) }));

/** The first row of the table that fits; null when nothing is known. */
export function findRow(subject: Subject): Row | null {
  return COMPILED.find(({ fits }) => fits(subject))?.row ?? null;
}
