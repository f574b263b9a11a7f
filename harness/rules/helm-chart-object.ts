// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { ManifestObject } from '../core/bundle.ts';
import { isHelmChart } from '../core/releases.ts';
import { finding, type Rule } from './finding.ts';

const specSchema = z.looseObject({
  spec: z.looseObject({
    chart: z.string().optional(),
    repo: z.string().optional(),
    chartContent: z.string().optional(),
  }),
});

/** Where K3s serves what lies in server/static/charts. */
const OWN = /^https:\/\/%\{KUBERNETES_API\}%\/static\/charts\/(.+)$/;
/** K3s lays its own there. */
const OF_K3S = /^traefik/;

/** A HelmChart of K3s whose chart must be fetched: its job asks a repository that is not in the bundle. */
export const helmChartObject: Rule = ({ objects, staticCharts }) =>
  objects.filter(isHelmChart).flatMap((object) => {
    const source = sourceOutside(object, new Set(staticCharts.map(({ installAs }) => installAs)));
    if (source === null) return [];
    return [
      finding(
        'helm-chart-object',
        'warning',
        `${object.file}:${object.line}`,
        `HelmChart/${object.name} takes its chart from ${source}`,
        'carry the chart in server/static/charts and name it as https://%{KUBERNETES_API}%/static/charts/NAME.tgz, or put it into spec.chartContent',
      ),
    ];
  });

function sourceOutside({ body }: ManifestObject, served: ReadonlySet<string>): string | null {
  const spec = specSchema.safeParse(body).data?.spec;
  if (spec === undefined || (spec.chartContent ?? '') !== '') return null;
  if ((spec.repo ?? '') !== '') return `repository ${spec.repo}`;
  const chart = spec.chart ?? '';
  const own = OWN.exec(chart)?.[1];
  if (own !== undefined) {
    return served.has(own) || OF_K3S.test(own)
      ? null
      : `${chart}, which the bundle does not carry in server/static/charts`;
  }
  return /^(?:https?|oci):\/\//.test(chart) ? chart : null;
}
