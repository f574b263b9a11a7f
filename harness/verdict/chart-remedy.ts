// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary } from '../core/bundle.ts';
import { type Chart, chartLabel } from '../core/chart.ts';
import type { Attempt } from '../core/report.ts';
import { helmChartRemedy, hostOf } from './helm-chart-remedy.ts';
import { programOf } from './tasks.ts';

/**
 * What helm itself reached for, told by the charts of the bundle: the repository of a dependency that is not in a charts/ folder, or a schema on
 * another host; and what the job of a HelmChart object reached for. Null when it was not helm, or no chart names that host.
 */
export function chartRemedy(
  {
    destination,
    source,
  }: { readonly destination: Attempt['destination']; readonly source: Attempt['source'] },
  bundle: BundleSummary,
): { class: string; remedy: string } | null {
  const { charts = [] } = bundle;
  const host = destination.name ?? destination.address;
  const ofObject = helmChartRemedy({ host, source }, bundle);
  if (ofObject !== null) return ofObject;
  if (host === null || programOf(source.process.exe ?? '') !== 'helm') return null;
  // its arguments name the chart that was being installed
  const argv = source.process.argv ?? [];
  const own = charts.filter((chart) => argv.includes(chart.release));
  for (const chart of own.length === 0 ? charts : own) {
    const schema = chart.remoteSchemas.find((url) => hostOf(url) === host);
    if (schema !== undefined) return { class: 'schema-download', remedy: schemaRemedy(chart, schema) };
    const dependency = chart.dependencies.find((one) => !one.vendored && hostOf(one.repository) === host);
    if (dependency !== undefined) {
      const { name, version, repository, of } = dependency;
      return {
        class: 'helm-repository',
        remedy: `Chart ${of} (${chart.file}) needs chart ${name} ${version} from ${repository}, which is not in its charts/. Run \`helm dependency build\` on the connected side and carry the chart with its charts/ folder.`,
      };
    }
  }
  return null;
}

function schemaRemedy(chart: Chart, url: string): string {
  return `values.schema.json of chart ${chartLabel(chart)} (${chart.file}) refers to ${url}, which helm fetches at every installation. Put the definitions into the schema itself and refer to them by \`#/$defs/...\`.`;
}
