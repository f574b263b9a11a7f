// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** `npm run schemas`: publishes the schemas of what people write and read, from the code that checks them. */
export async function publishedSchemas(): Promise<Readonly<Record<string, string>>> {
  const { bundleSchema } = await import('../harness/bundle/schema.ts');
  const { gateSchema } = await import('../harness/gate/schema.ts');
  const { renderComparisonSchema, renderReportSchema } = await import('../reports/schema.ts');
  const asJson = (schema: z.ZodType, title: string): string =>
    `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input' }) }, null, 2)}\n`;
  return {
    'bundle.schema.json': asJson(bundleSchema, 'bundle.yaml'),
    'gate.schema.json': asJson(gateSchema, 'gate.yaml'),
    'report.schema.json': renderReportSchema(),
    'comparison.schema.json': renderComparisonSchema(),
  };
}

if (import.meta.main) {
  const folder = resolve(import.meta.dirname, '../docs/schema');
  for (const [name, text] of Object.entries(await publishedSchemas()))
    writeFileSync(join(folder, name), text);
}
