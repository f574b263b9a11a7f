// SPDX-License-Identifier: Apache-2.0
import { renderJsonSchema } from '../core/json-schema.ts';
import { gateSchema } from './schema.ts';

/** The published schema of gate.yaml (docs/schema/gate.schema.json), as text. */
export function renderGateSchema(): string {
  return renderJsonSchema(gateSchema, {
    title: 'gate.yaml',
    description:
      "The owner's side: what the site offers, what is required, and what is accepted. Never part of a bundle.",
  });
}
