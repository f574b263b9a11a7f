// SPDX-License-Identifier: Apache-2.0
import type { Item } from '../../core/bundle.ts';
import type { StaticChart } from '../../core/chart.ts';
import type { Inside } from '../inside.ts';
import { openChart } from './read-charts.ts';

/**
 * Charts that K3s serves to HelmChart objects, with what each says of itself.
 *
 * @throws HarnessError (bundle) for the first that cannot be used
 */
export async function readStaticCharts(
  root: string,
  found: readonly { readonly found: Inside; readonly installAs: string }[],
): Promise<{ readonly charts: StaticChart[]; readonly items: Item[] }> {
  const charts: StaticChart[] = [];
  const items: Item[] = [];
  for (const { found: chart, installAs } of found) {
    const { facts, item } = await openChart(root, chart);
    const { isLibrary: _isLibrary, ...rest } = facts;
    charts.push({ ...rest, file: chart.file, path: chart.path, installAs });
    items.push(item);
  }
  return { charts, items };
}
