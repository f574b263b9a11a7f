// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { REPORT_SCHEMA_VERSION, reportSchema } from '../harness/core/report.ts';

/** The published schema of report.json (docs/schema/report.schema.json), as text. */
export function renderReportSchema(): string {
  const schema = z.toJSONSchema(reportSchema, { target: 'draft-2020-12' });
  const { $schema, ...rest } = schema;
  const published = {
    $schema,
    title: 'Air-gap readiness report',
    description: `report.json of an air-gap readiness run, schema version ${REPORT_SCHEMA_VERSION}. Every field is always there; what is not known is null.`,
    ...rest,
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}
