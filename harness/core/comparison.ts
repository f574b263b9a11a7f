// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { reportSchema } from './report.ts';

const verdict = reportSchema.shape.verdict;

/** Shape of the report.json that `airgap test` with several providers or profiles writes above the folders of its runs. */
export const COMPARISON_SCHEMA_VERSION = 1;

export const comparisonSchema = z.strictObject({
  kind: z.literal('comparison').describe('tells it from the report.json of one run'),
  schemaVersion: z.literal(COMPARISON_SCHEMA_VERSION),
  renderedAt: z.string(),
  bundle: z.strictObject({ name: z.string(), version: z.string(), digest: z.string() }),
  verdict: verdict.describe(
    'not-ready if any run is; else inconclusive if any is or one is missing; else ready',
  ),
  runs: z.array(
    z.strictObject({
      name: z.string().describe('what tells it from the others: its provider, its profile, or both'),
      provider: z.string(),
      profile: z.string(),
      folder: z.string().nullable().describe('below the folder of this file; null: it did not run'),
      runId: z.string().nullable(),
      verdict: verdict.nullable(),
      reason: z.string().nullable().describe('the deciding reason of its verdict'),
      attempts: z.number().int().nonnegative(),
      checksPassed: z.number().int().nonnegative(),
      checks: z.number().int().nonnegative(),
      durationMs: z.number().nonnegative(),
      limits: z.array(z.string()).describe('ids of what this run cannot show and another one can'),
    }),
  ),
  attempts: z
    .array(
      z.strictObject({
        id: z.string(),
        culprit: z.string(),
        destination: z.string(),
        class: z.string(),
        seen: z
          .record(z.string(), z.enum(['seen', 'not-seen', 'unknown']))
          .describe('by name of the run; unknown: not seen, in a run that proved nothing'),
        same: z.boolean(),
      }),
    )
    .describe('every attempt of every run, joined by id; those that differ first'),
  checks: z
    .array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        results: z.record(z.string(), z.string()).describe('result by name of the run'),
        same: z.boolean(),
      }),
    )
    .describe('those that differ first'),
  differences: z
    .number()
    .int()
    .nonnegative()
    .describe('attempts and checks that are not the same in all runs, as far as each run got'),
});

export type Comparison = z.infer<typeof comparisonSchema>;
