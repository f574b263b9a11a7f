// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary } from '../core/bundle.ts';
import { type HelmChartSummary, helmJobOf, remoteSource } from '../core/helm-chart.ts';
import type { Attempt } from '../core/report.ts';

/**
 * What the job of a HelmChart object reached for, told by the object: K3s's helm-controller runs helm in it. Null when the source is no such job of
 * the bundle's.
 */
export function helmChartRemedy(
  { host, source }: { readonly host: string | null; readonly source: Attempt['source'] },
  { helmCharts = [] }: BundleSummary,
): { class: string; remedy: string } | null {
  const helmChart = helmCharts.find(
    (one) => source.namespace === one.namespace && source.owner === `Job/${helmJobOf(one)}`,
  );
  if (helmChart === undefined) return null;
  const { name, namespace, file, line, chart, version, remoteSchemas } = helmChart;
  const object = `HelmChart ${namespace}/${name} (${file}:${line})`;
  const schema = remoteSchemas.find((url) => hostOf(url) === host);
  if (schema !== undefined) {
    return {
      class: 'schema-download',
      remedy: `values.schema.json of the chart of ${object} refers to ${schema}, which helm fetches at every installation. Put the definitions into the schema itself and refer to them by \`#/$defs/...\`.`,
    };
  }
  const from = remoteSource(helmChart);
  const what = from === chart ? `its chart ${chart}` : `its chart ${chart} from ${from ?? 'elsewhere'}`;
  const which = version === '' ? what : `${what}, version ${version}`;
  return {
    class: 'helm-repository',
    remedy: `${object} takes ${which}, which its job asks for. ${carryIt(helmChart)}`,
  };
}

function carryIt({ chart }: HelmChartSummary): string {
  const name = /([^/]+?)(?:\.tgz)?$/.exec(chart)?.[1] ?? 'NAME';
  return `Fetch it on the connected side (\`helm pull\`), carry it in server/static/charts and name it as spec.chart: https://%{KUBERNETES_API}%/static/charts/${name}.tgz, without spec.repo; or put it into spec.chartContent.`;
}

/** The host of a URL, as attempts name it; null for what is no URL. */
export function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : null;
}
