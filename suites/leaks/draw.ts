// SPDX-License-Identifier: Apache-2.0
import { TABLE } from '../../harness/verdict/classification/table.ts';
import { randomFrom } from '../integration/support/random-bundle.ts';

/** Draws what a run plants; nothing comes twice. */
export interface Draw {
  /** TEST-NET-1, -2 or -3 (RFC 5737). */
  address4(): string;
  /** TEST-NET-3, where no canary sends what has no port. */
  address4WithoutPort(): string;
  /** Below 2001:db8::/32 (RFC 3849). */
  address6(): string;
  /** A hardware address that nobody was given (the second lowest bit of its first byte is set), as IEEE 802 writes it. */
  hardwareAddress(): string;
  /** A port that means nothing to classification. */
  port(): number;
  /** Lower-case letters and two digits. */
  word(): string;
  /** A host below .example (RFC 2606). */
  host(): string;
  /** What no report may show. */
  secret(): string;
}

/** Ports that tell a class, as WireGuard's 51820. */
const MEANT: ReadonlySet<number> = new Set(TABLE.flatMap(({ when }) => when.ports ?? []));

/** The same seed draws the same. */
export function drawFrom(seed: number): Draw {
  const random = randomFrom(seed);
  const used = new Set<string>();
  const fresh = (make: () => string): string => {
    for (;;) {
      const made = make();
      if (used.has(made)) continue;
      used.add(made);
      return made;
    }
  };
  const host = (): number => 1 + random.int(249);
  const word = (): string => fresh(() => random.word());
  return {
    address4: () => fresh(() => `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${host()}`),
    address4WithoutPort: () => fresh(() => `203.0.113.${host()}`),
    address6: () =>
      fresh(
        () => `2001:db8:${(1 + random.int(65_000)).toString(16)}::${(1 + random.int(65_000)).toString(16)}`,
      ),
    hardwareAddress: () =>
      fresh(() =>
        ['02', ...Array.from({ length: 5 }, () => random.int(256).toString(16).padStart(2, '0'))].join('-'),
      ),
    port: () => {
      for (;;) {
        const port = Number(fresh(() => String(28_000 + random.int(30_000))));
        if (!MEANT.has(port)) return port;
      }
    },
    word,
    host: () => `${word()}.${word()}.example`,
    secret: () => fresh(() => `S3-${random.word()}-${random.word()}-${random.word()}`),
  };
}
