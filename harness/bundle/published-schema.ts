// SPDX-License-Identifier: Apache-2.0
import { renderJsonSchema } from '../core/json-schema.ts';
import { bundleSchema } from './schema.ts';

/** The published schema of bundle.yaml (docs/schema/bundle.schema.json), as text. */
export function renderBundleSchema(): string {
  return renderJsonSchema(bundleSchema, {
    title: 'bundle.yaml',
    description:
      'What is carried across the gap. Paths are relative to the folder of the file and may not lead out of it.',
  });
}
