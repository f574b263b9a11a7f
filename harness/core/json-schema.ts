// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A schema for people's files as published JSON schema text: what an editor uses to complete and check them. */
export function renderJsonSchema(
  schema: z.ZodType,
  head: { readonly title: string; readonly description: string },
): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
  });
  return `${JSON.stringify({ $schema, ...head, ...rest }, null, 2)}\n`;
}
