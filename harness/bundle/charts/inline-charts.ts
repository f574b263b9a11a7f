// SPDX-License-Identifier: Apache-2.0
import type { ManifestObject } from '../../core/bundle.ts';
import type { InlineChart } from '../../core/chart.ts';
import { reasonOf } from '../../core/errors.ts';
import { helmChartsOf } from '../../core/helm-chart.ts';
import { printable } from '../../core/printable.ts';
import { bundleError } from '../bundle-error.ts';
import { readChartFacts } from './chart-facts.ts';
import { ChartBudget, unpackChart } from './chart-files.ts';

const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/**
 * The charts that HelmChart objects carry in `spec.chartContent`, with what each says of itself.
 *
 * @throws HarnessError (bundle), with file and line, for one that is no packed chart in base64
 */
export async function readInlineCharts(objects: readonly ManifestObject[]): Promise<InlineChart[]> {
  const charts: InlineChart[] = [];
  for (const { name, namespace, file, line, content } of helmChartsOf({ objects })) {
    if (content === '') continue;
    try {
      if (!BASE64.test(content)) throw new Error('it is not base64');
      const budget = new ChartBudget();
      const files = await unpackChart(Buffer.from(content, 'base64'), budget);
      const { isLibrary: _isLibrary, ...facts } = await readChartFacts(files, budget);
      charts.push({ ...facts, file: `${file}:${line}`, of: { name, namespace } });
    } catch (error) {
      throw bundleError(
        `${printable(file)}:${line}: spec.chartContent of HelmChart "${printable(name)}" cannot be used: ${reasonOf(error)}`,
        'put a chart there as `helm package` makes it, encoded by `base64 -w0`',
        error,
      );
    }
  }
  return charts;
}
