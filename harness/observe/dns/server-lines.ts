// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the fake DNS says on standard output, a JSON text a line. Times: CLOCK_MONOTONIC in nanoseconds, as text. */
export const serverLine = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('listening') }),
  z.strictObject({
    say: z.literal('question'),
    at: z.string(),
    transport: z.enum(['udp', 'tcp']),
    from: z.strictObject({ address: z.string(), port: z.number() }),
    server: z.string(),
    name: z.string(),
    type: z.string(),
    id: z.number(),
    /** What it was told for a name of the outside (profile `trap`). */
    answer: z.string().optional(),
  }),
  /** Answer to the order `flush`: all that came before it has been said; `dropped` by the kernel so far. */
  z.strictObject({ say: z.literal('flushed'), order: z.string(), dropped: z.number() }),
]);

export type ServerLine = z.infer<typeof serverLine>;
