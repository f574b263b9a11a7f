// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localDependencies, openPackedChart } from '../bundle/charts/carried-chart.ts';
import { chartPlace } from '../checks/charts.ts';
import type { Bundle } from '../core/bundle.ts';
import { type Chart, placeInNode } from '../core/chart.ts';
import type { RunningNode } from '../core/node.ts';
import type { InstallContext } from './install.ts';
import { renderedFindings } from './rendered-charts.ts';

/**
 * Puts each chart and its values into the node and has helm install it there; a release that fails does not keep the next one from being
 * tried, so that one run shows everything. What the rendered templates name is put to the static rules.
 */
export async function installCharts({ inspected, site, log, signal, ask }: InstallContext): Promise<void> {
  const { bundle, checks } = inspected;
  const { node } = site;
  for (const chart of bundle.charts) await putInNode(node, bundle, chart);
  for (const check of checks.filter(({ installs }) => installs === true)) {
    signal.throwIfAborted();
    await ask(check);
  }
  for (const finding of await renderedFindings(site.cluster, bundle, signal)) log.append(finding);
}

async function putInNode(node: RunningNode, bundle: Bundle, chart: Chart): Promise<void> {
  if (chart.form === 'oci-layout') {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'airgap-chart-'));
    const packed = join(folder.path, 'chart.tgz');
    await writeFile(packed, await openPackedChart(bundle.root, chart));
    await node.upload(packed, chartPlace(chart));
  } else await node.upload(chart.path, chartPlace(chart));
  for (const { path, file } of await localDependencies(bundle.root, chart))
    await node.upload(path, placeInNode(file));
  for (const { path, file } of chart.values) await node.upload(path, placeInNode(file));
}
