// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPackedChart } from '../../bundle/charts/carried-chart.ts';
import { readChartFacts } from '../../bundle/charts/chart-facts.ts';
import { ChartBudget, unpackChart } from '../../bundle/charts/chart-files.ts';
import type { Bundle } from '../../core/bundle.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { RegistryCharts } from '../../core/gate-services.ts';
import { parseYaml } from '../../core/yaml-file.ts';
import { type FilledImage, storeArtifact } from './fill.ts';
import { MANIFEST_TYPE } from './images-of.ts';

/** Media types of a chart as an artifact (helm v4.3.1, pkg/registry/constants.go). */
const CONFIG_TYPE = 'application/vnd.cncf.helm.config.v1+json';
const CONTENT_TYPE = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/**
 * Puts charts into a registry's storage as `helm push` does: `PROJECT/NAME`, with the chart's version as its tag. All packed charts of the bundle, and
 * those in the owner's folder. Throws HarnessError (bundle, or config for the owner's) that names the chart which cannot be read.
 *
 * @param storage the registry's root directory
 */
export async function fillCharts(
  storage: string,
  bundle: Pick<Bundle, 'root' | 'charts' | 'staticCharts'>,
  { project, folder }: RegistryCharts,
): Promise<FilledImage[]> {
  const filled: FilledImage[] = [];
  const store = async (file: string, packed: Buffer, code: 'bundle' | 'config'): Promise<void> => {
    try {
      filled.push(await storeChart(storage, project, packed));
    } catch (error) {
      throw new HarnessError(`chart "${file}" cannot be put into the site's registry: ${reasonOf(error)}`, {
        code,
        hint: 'make it again with `helm package`',
        cause: error,
      });
    }
  };
  for (const chart of bundle.charts) {
    if (chart.form === 'archive') await store(chart.file, await readFile(chart.path), 'bundle');
    else if (chart.form === 'oci-layout')
      await store(chart.file, await openPackedChart(bundle.root, chart), 'bundle');
  }
  for (const { file, path } of bundle.staticCharts) await store(file, await readFile(path), 'bundle');
  if (folder !== null) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.tgz')).toSorted();
    for (const name of names) await store(name, await readFile(join(folder, name)), 'config');
  }
  return filled;
}

async function storeChart(storage: string, project: string, packed: Buffer): Promise<FilledImage> {
  const budget = new ChartBudget();
  const files = await unpackChart(packed, budget);
  const { name, version } = await readChartFacts(files, budget);
  const [metadata] = parseYaml('Chart.yaml', files.get('Chart.yaml')?.toString() ?? '', 'bundle');
  const config = Buffer.from(JSON.stringify(metadata?.value));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: CONTENT_TYPE, digest: digestOf(packed), size: packed.length }],
    }),
  );
  const place = { repository: `${project}/${name}`, tag: version.replaceAll('+', '_'), digest: null }; // no tag holds a "+"
  const blobs = [config, packed, manifest].map((bytes) => ({ digest: digestOf(bytes), from: { bytes } }));
  const reference = `oci://${place.repository}:${place.tag}`;
  return await storeArtifact(storage, { reference, manifests: [digestOf(manifest)], blobs }, place);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
