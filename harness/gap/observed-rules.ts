// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { outputOrThrow } from '../core/command-output.ts';
import type { Vantage } from '../core/node.ts';

const ruleset = z.object({
  nftables: z.array(
    z.object({
      table: z.object({ name: z.string() }).optional(),
      rule: z.object({ table: z.string() }).optional(),
    }),
  ),
});

/**
 * The packet rules of a network namespace, as `table: number of rules`; none where nft knows no table. Throws HarnessError.
 *
 * @param netns as in SpawnOptions
 */
export async function observeRules(
  { spawn }: Pick<Vantage, 'spawn'>,
  netns: string,
): Promise<readonly string[]> {
  const argv = ['nft', '--json', 'list', 'ruleset'];
  return parseRules(await outputOrThrow(spawn(argv, { netns }), 'the sink’s rules cannot be looked at'));
}

/** Reads what `nft --json list ruleset` says. Throws ZodError on anything else. */
export function parseRules(text: string): string[] {
  const { nftables } = ruleset.parse(JSON.parse(text));
  const tables = nftables.flatMap(({ table }) => (table === undefined ? [] : [table.name]));
  return tables.map((name) => `${name}: ${nftables.filter(({ rule }) => rule?.table === name).length}`);
}
