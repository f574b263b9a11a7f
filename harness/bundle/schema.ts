// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { isReleaseName, NAMESPACE_NAME } from './charts/names.ts';
import { parseSeconds } from './duration.ts';
import { parseQuantityMiB } from './quantity.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/, 'must be letters, digits, ".", "_" and "-"');
const text = z.string().min(1, 'must not be empty');
const path = text.describe('path relative to the folder of this file; it may not lead out of it');

const httpUrl = text.refine((value) => isHttpUrl(value), { error: 'must be an http:// or https:// URL' });

const httpCheck = z.strictObject({
  url: httpUrl,
  status: z.int().min(100).max(599).default(200),
  contains: text.optional().describe('text that the answer must hold'),
  from: z.enum(['pod', 'node']).default('pod').describe('where the question is asked'),
});

const commandCheck = z.strictObject({
  pod: z
    .strictObject({
      namespace: text,
      selector: text.describe('label selector; the first running pod is taken'),
      container: text.optional(),
    })
    .optional()
    .describe('without it the command runs on the node'),
  run: z.array(text).min(1, 'must not be empty').describe('program and arguments; no shell'),
  exitCode: z.int().min(0).max(255).default(0),
  contains: text.optional().describe('text that standard output must hold'),
});

const conditionCheck = z.strictObject({
  apiVersion: text,
  kind: text,
  namespace: text.optional(),
  name: text,
  condition: text.describe('type of the status condition, for example Available'),
  status: z.enum(['True', 'False', 'Unknown']).default('True'),
});

const check = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"'),
    title: text.optional(),
    http: httpCheck.optional(),
    command: commandCheck.optional(),
    condition: conditionCheck.optional(),
  })
  .refine(
    (value) => [value.http, value.command, value.condition].filter((kind) => kind !== undefined).length === 1,
    {
      error: 'must have exactly one of "http", "command" and "condition"',
    },
  );

const chart = z.strictObject({
  path: path.describe('packed chart (.tgz), folder of a chart, or OCI image layout with one chart in it'),
  release: text
    .refine((value) => isReleaseName(value), {
      error: 'must be lower-case letters, digits and "-", at most 53 characters',
    })
    .optional()
    .describe("name of the release; without it the chart's own"),
  namespace: text
    .regex(NAMESPACE_NAME, 'must be lower-case letters, digits and "-", at most 63 characters')
    .default('default')
    .describe('made when it is not there'),
  values: z.array(path).default([]).describe('values files; later ones win'),
  wait: z.boolean().default(true).describe('wait until its workloads are ready (helm --wait)'),
  timeout: text
    .refine((value) => parseSeconds(value) !== null, { error: 'must be a time such as 5m or 90s' })
    .default('5m')
    .describe("of each of helm's steps (helm --timeout)"),
});

const memory = z
  .union([z.string(), z.int().nonnegative()], { error: 'must be a quantity such as 2Gi or 512Mi' })
  .refine((value) => parseQuantityMiB(value) !== null, { error: 'must be a quantity such as 2Gi or 512Mi' });

const imageArchive = z.strictObject({
  path,
  via: z
    .enum(['preload', 'registry'])
    .default('preload')
    .describe('how its images come to the nodes: in K3s’s images directory, or by the site’s registry'),
});

/** bundle.yaml as its author writes it. Strict: a key that is not here is an error. */
export const bundleSchema = z.strictObject({
  apiVersion: z.literal('airgap.dev/v1'),
  kind: z.literal('Bundle'),
  name,
  version: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,127}$/,
      'must be a text such as "1.0.0" (quote it if it is a number)',
    ),
  kubernetes: z
    .strictObject({
      distribution: z.literal('k3s'),
      binary: path.optional(),
      images: z.array(path).default([]).describe("K3s's own image archives (k3s-airgap-images-*)"),
      config: path.optional().describe("K3s's config.yaml"),
      charts: z
        .array(path)
        .default([])
        .describe('packed charts that K3s serves to HelmChart objects (server/static/charts)'),
    })
    .optional()
    .describe('omitted: the K3s that setup keeps'),
  images: z
    .array(z.union([path, imageArchive], { error: 'must be a path, or a map with "path" and "via"' }))
    .default([])
    .describe('image archives: docker-archive or OCI layout in a tar, plain or compressed'),
  registries: path.optional().describe("K3s's registries.yaml"),
  manifests: z
    .array(path)
    .default([])
    .describe('files, or folders whose *.yaml, *.yml and *.json files are taken'),
  charts: z.array(chart).default([]).describe('Helm charts, installed in this order after the manifests'),
  helm: path.optional().describe("the bundle's own helm program; omitted: the one that setup keeps"),
  requirements: z
    .strictObject({
      nodes: z.int().min(1).default(1),
      memory: memory.optional().describe('of one node'),
      ownKernel: z
        .boolean()
        .default(false)
        .describe('true when it changes the kernel of its node, as by loading modules: only a vm will do'),
    })
    .default({ nodes: 1, ownKernel: false }),
  checks: z.array(check).superRefine(refuseSameId).default([]),
});

export type BundleDocument = z.infer<typeof bundleSchema>;

function refuseSameId(checks: readonly { readonly id: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { id }] of checks.entries()) {
    if (seen.has(id))
      context.addIssue({
        code: 'custom',
        path: [index, 'id'],
        input: id,
        message: 'must not be the id of another check',
      });
    seen.add(id);
  }
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}
