// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const place = z.strictObject({ address: z.string(), port: z.number() });

const words = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tls'),
    sni: z.string().nullable(),
    alpn: z.array(z.string()).readonly(),
  }),
  z.strictObject({
    kind: z.literal('http'),
    method: z.string(),
    host: z.string().nullable(),
    path: z.string(),
  }),
  z.strictObject({ kind: z.literal('bytes'), hex: z.string() }),
  z.strictObject({ kind: z.literal('nothing') }),
]);

/** What the sink's program says on standard output, a JSON text a line. `at`: CLOCK_MONOTONIC in nanoseconds, as text. */
export const sinkLine = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('listening') }),
  /** A connection that was taken: who came, where it wanted to go, what it said first. */
  z.strictObject({ say: z.literal('visit'), at: z.string(), from: place, to: place, words }),
  /** Answer to the order `flush`: all visits that came before it have been told; `lost` by the kernel so far. */
  z.strictObject({ say: z.literal('flushed'), order: z.string(), lost: z.number() }),
]);

export type SinkLine = z.infer<typeof sinkLine>;
