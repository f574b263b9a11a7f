// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { Chart } from '../../core/chart.ts';
import { bundleError } from '../bundle-error.ts';
import { findInside, type Inside } from '../inside.ts';
import { openChart } from './read-charts.ts';

/** The packed chart in an OCI artifact of the bundle. Throws HarnessError (bundle) when it is no longer there. */
export async function openPackedChart(root: string, { file }: Pick<Chart, 'file'>): Promise<Buffer> {
  const { packed } = await openChart(root, await findInside(root, file));
  if (packed === null) throw bundleError(`chart "${file}" is no OCI artifact any more`);
  return packed;
}

/** Folders of the bundle that a chart's folder names as its dependencies (`file://../common`) and does not carry in its own charts/. */
export async function localDependencies(root: string, chart: Chart): Promise<Inside[]> {
  if (chart.form !== 'folder') return [];
  const found: Inside[] = [];
  for (const { repository, vendored, of } of chart.dependencies) {
    const path = /^file:\/\/(.+)$/.exec(repository)?.[1];
    if (path === undefined || vendored || of !== chart.name) continue;
    // what leads out of the bundle, or is not there, helm will say itself
    const folder = await findInside(root, posix.join(chart.file, path)).catch(() => null);
    if (folder !== null) found.push(folder);
  }
  return found;
}
