// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { ManifestObject } from '../core/bundle.ts';

export interface UsedImage {
  readonly reference: string;
  readonly container: string;
  readonly pullPolicy: string | null;
  /** `Kind/name` of the object that a person would edit. */
  readonly owner: string;
  /** `file:line`; of what a chart renders the chart and its template. */
  readonly location: string;
}

const container = z.looseObject({
  name: z.string().catch(''),
  image: z.string().optional(),
  imagePullPolicy: z.string().optional(),
});
const containers = z.array(container).optional();
const podSpec = z.looseObject({ initContainers: containers, containers, ephemeralContainers: containers });
const template = z.looseObject({ template: z.looseObject({ spec: podSpec }) });
const inTemplate = z.looseObject({ spec: template });
const inPod = z.looseObject({ spec: podSpec });
const inCronJob = z.looseObject({ spec: z.looseObject({ jobTemplate: z.looseObject({ spec: template }) }) });
const WITH_TEMPLATE = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
]);

function podSpecOf(kind: string, body: unknown): z.infer<typeof podSpec> | undefined {
  if (kind === 'Pod') return inPod.safeParse(body).data?.spec;
  if (kind === 'CronJob') return inCronJob.safeParse(body).data?.spec.jobTemplate.spec.template.spec;
  return WITH_TEMPLATE.has(kind) ? inTemplate.safeParse(body).data?.spec.template.spec : undefined;
}

/** Every image that a manifest's pods name, of every kind of container. */
export function imageReferences(objects: readonly ManifestObject[]): UsedImage[] {
  return objects.flatMap(({ kind, name, file, line, body }) => {
    const spec = podSpecOf(kind, body);
    const all = [
      ...(spec?.initContainers ?? []),
      ...(spec?.containers ?? []),
      ...(spec?.ephemeralContainers ?? []),
    ];
    return all.flatMap((one) =>
      one.image === undefined
        ? []
        : [
            {
              reference: one.image,
              container: one.name,
              pullPolicy: one.imagePullPolicy ?? null,
              owner: `${kind}/${name}`,
              location: line === 0 ? file : `${file}:${line}`,
            },
          ],
    );
  });
}
