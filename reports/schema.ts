// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { COMPARISON_SCHEMA_VERSION, comparisonSchema } from '../harness/core/comparison.ts';
import { REPORT_SCHEMA_VERSION, reportSchema } from '../harness/core/report.ts';

/** The published schema of report.json (docs/schema/report.schema.json), as text. */
export function renderReportSchema(): string {
  return publish(
    reportSchema,
    'Air-gap readiness report',
    `report.json of an air-gap readiness run, schema version ${REPORT_SCHEMA_VERSION}. Every field is always there; what is not known is null.`,
  );
}

/** The published schema of a comparison's report.json (docs/schema/comparison.schema.json), as text. */
export function renderComparisonSchema(): string {
  return publish(
    comparisonSchema,
    'Comparison of air-gap readiness runs',
    `report.json above the runs of one plan on several providers, schema version ${COMPARISON_SCHEMA_VERSION}.`,
  );
}

function publish(source: z.ZodType, title: string, description: string): string {
  const { $schema, ...rest } = z.toJSONSchema(source, { target: 'draft-2020-12' });
  return `${JSON.stringify({ $schema, title, description, ...rest }, null, 2)}\n`;
}
