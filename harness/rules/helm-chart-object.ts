// SPDX-License-Identifier: Apache-2.0
import { type HelmChart, helmChartsOf, remoteSource, servedChart } from '../core/helm-chart.ts';
import { finding, type Rule } from './finding.ts';

/** K3s lays its own there. */
const OF_K3S = /^traefik/;

/** A HelmChart of K3s whose chart must be fetched: its job asks a repository that is neither in the bundle nor in the site. */
export const helmChartObject: Rule = (bundle, siteHosts) => {
  const carried = new Set(bundle.staticCharts.map(({ installAs }) => installAs));
  return helmChartsOf(bundle).flatMap((helmChart) => {
    const source = sourceOutside(helmChart, carried);
    if (source === null || isOfSite(helmChart, siteHosts)) return [];
    return [
      finding(
        'helm-chart-object',
        'warning',
        `${helmChart.file}:${helmChart.line}`,
        `HelmChart/${helmChart.name} takes its chart from ${source}`,
        'carry the chart in server/static/charts and name it as https://%{KUBERNETES_API}%/static/charts/NAME.tgz, or put it into spec.chartContent',
      ),
    ];
  });
};

function sourceOutside(helmChart: HelmChart, carried: ReadonlySet<string>): string | null {
  const served = servedChart(helmChart);
  if (served === null) return remoteSource(helmChart);
  return carried.has(served) || OF_K3S.test(served)
    ? null
    : `${helmChart.chart}, which the bundle does not carry in server/static/charts`;
}

function isOfSite({ chart, repo }: HelmChart, siteHosts: ReadonlySet<string>): boolean {
  const url = repo === '' ? chart : repo;
  return URL.canParse(url) && siteHosts.has(new URL(url).hostname.toLowerCase());
}
