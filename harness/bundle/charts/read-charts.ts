// SPDX-License-Identifier: Apache-2.0
import { open, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Item } from '../../core/bundle.ts';
import { type Chart, CHART_TIMEOUT_SECONDS, chartLabel } from '../../core/chart.ts';
import { reasonOf } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';
import { readTextFile } from '../../core/text-file.ts';
import { parseYaml, problemsError } from '../../core/yaml-file.ts';
import { compressionOf, MAGIC_LENGTH } from '../archive/compression.ts';
import { bundleError } from '../bundle-error.ts';
import { bundleDigest, fileItem } from '../file-digest.ts';
import type { Inside } from '../inside.ts';
import { walk } from '../walk.ts';
import { namesLoadBalancer, readChartFacts, type ReadChart } from './chart-facts.ts';
import { ChartBudget, MAX_CHART_BYTES, readChartFolder, unpackChart } from './chart-files.ts';
import { isReleaseName, NAMESPACE_NAME } from './names.ts';
import { readOciChart } from './oci-chart.ts';

const MAX_VALUES = 4 * 2 ** 20;

/** A chart as a reader found it, nothing of it read. */
export interface FoundChart {
  readonly found: Inside;
  /** What is not said here is taken from the chart: its name. */
  readonly release?: string;
  /** @default default, as helm does without `--namespace` */
  readonly namespace?: string;
  readonly values: readonly Inside[];
  /** @default true */
  readonly wait?: boolean;
  /** @default CHART_TIMEOUT_SECONDS */
  readonly timeoutSeconds?: number;
}

/** What is in a chart file or folder. */
export interface OpenedChart {
  readonly form: Chart['form'];
  readonly facts: ReadChart;
  /** Its item in the bundle: of a folder, digest and size over all its files. */
  readonly item: Item;
  /** Of an OCI artifact: the packed chart, which helm needs as a file of its own. */
  readonly packed: Buffer | null;
}

/**
 * Reads a chart: a packed one, a folder, or an OCI image layout (tar or folder) with one chart in it.
 *
 * @throws HarnessError (bundle) that names the chart and what is wrong with it
 */
export async function openChart(root: string, found: Inside): Promise<OpenedChart> {
  try {
    return found.kind === 'folder' ? await openFolder(root, found) : await openFile(found);
  } catch (error) {
    throw bundleError(
      `chart "${printable(found.file)}" cannot be used: ${reasonOf(error)}`,
      'make it again with `helm package`, and look at it with `helm lint`',
      error,
    );
  }
}

/**
 * The charts of a bundle, in order, with what each says of itself; an item for each file of them, once.
 *
 * @throws HarnessError (bundle) for the first that cannot be used or installed, or two that would be the same release
 */
export async function readCharts(
  root: string,
  found: readonly FoundChart[],
): Promise<{ readonly charts: Chart[]; readonly items: Item[] }> {
  const charts: Chart[] = [];
  const items = new Map<string, Item>();
  for (const one of found) {
    const { form, item, facts } = await openChart(root, one.found);
    const chart = installable(one, form, facts);
    const same = charts.find(
      ({ release, namespace }) => release === chart.release && namespace === chart.namespace,
    );
    if (same !== undefined) {
      throw bundleError(
        `charts "${printable(same.file)}" and "${printable(chart.file)}" would both be release "${chart.release}" in namespace ${chart.namespace}`,
        'name the releases in bundle.yaml, or put one into another namespace',
      );
    }
    items.set(item.file, item);
    const kinds = new Set(chart.kinds);
    for (const file of one.values) {
      if (namesLoadBalancer(await readValues(file))) kinds.add('LoadBalancer');
      items.set(file.file, await fileItem('values', file));
    }
    charts.push({ ...chart, kinds: [...kinds].toSorted() });
  }
  return { charts, items: [...items.values()] };
}

function installable(one: FoundChart, form: Chart['form'], facts: ReadChart): Chart {
  const { isLibrary, ...rest } = facts;
  const { path, file } = one.found;
  const release = one.release ?? facts.name;
  if (isLibrary) {
    throw bundleError(
      `chart "${printable(file)}" is a library (Chart.yaml, type): helm does not install it`,
      'pack it into the charts/ of those that use it',
    );
  }
  if (!isReleaseName(release)) {
    throw bundleError(
      `chart "${printable(file)}" would be installed as release ${quoted(release)}, which helm does not accept`,
      'name the release in bundle.yaml: lower-case letters, digits and "-", at most 53 characters',
    );
  }
  const namespace = one.namespace ?? 'default';
  if (!NAMESPACE_NAME.test(namespace)) {
    throw bundleError(
      `chart "${printable(file)}" would be installed into namespace ${quoted(namespace)}, which is no name for one`,
      'name the folder after a namespace: lower-case letters, digits and "-"',
    );
  }
  return {
    ...rest,
    release,
    namespace,
    file,
    path,
    form,
    values: one.values.map((values) => ({ path: values.path, file: values.file })),
    wait: one.wait ?? true,
    timeoutSeconds: one.timeoutSeconds ?? CHART_TIMEOUT_SECONDS,
  };
}

/** The text of a values file, which holds one map, or nothing. Throws HarnessError (bundle) with file:line:column. */
async function readValues(found: Inside): Promise<string> {
  const text = await readTextFile(found.path, { code: 'bundle', maxBytes: MAX_VALUES });
  const [document] = parseYaml(found.path, text, 'bundle');
  const value = document?.value ?? {};
  if (document !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
    const problem = { position: document.positionOf([]), message: 'a values file must hold a map' };
    throw problemsError(found.path, [problem], 'bundle');
  }
  return text;
}

async function openFile(found: Inside): Promise<OpenedChart> {
  if (found.size === 0) throw new Error('it is empty');
  const item = await fileItem('chart', found);
  if (await isLayout(found)) return await opened('oci-layout', await readOciChart(found), item);
  if (found.size > MAX_CHART_BYTES) throw new Error(`it has ${found.size} bytes, more than helm takes`);
  return await opened('archive', await readFile(found.path), item);
}

async function opened(form: Chart['form'], packed: Buffer, item: Item): Promise<OpenedChart> {
  const budget = new ChartBudget();
  const facts = await readChartFacts(await unpackChart(packed, budget), budget);
  return {
    form,
    facts,
    item: { ...item, name: chartLabel(facts) },
    packed: form === 'oci-layout' ? packed : null,
  };
}

async function openFolder(root: string, found: Inside): Promise<OpenedChart> {
  const { files } = await walk(root, found.file);
  const parts: Item[] = [];
  for (const file of files) parts.push(await fileItem('file', file));
  const item: Item = {
    kind: 'chart',
    name: posix.basename(found.file),
    digest: bundleDigest(parts),
    file: found.file,
    size: parts.reduce((sum, { size }) => sum + size, 0),
  };
  if (files.some(({ file }) => file === `${found.file}/oci-layout`)) {
    return await opened('oci-layout', await readOciChart(found), item);
  }
  const facts = await readChartFacts(await readChartFolder(found.file, files));
  return { form: 'folder', facts, item: { ...item, name: chartLabel(facts) }, packed: null };
}

/** A packed chart is compressed with gzip, and is named so; an image layout in a tar is plain, or compressed in another way. */
async function isLayout({ path, file: name }: Inside): Promise<boolean> {
  if (name.endsWith('.tgz')) return false;
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_LENGTH), 0, MAGIC_LENGTH, 0);
  return compressionOf(buffer.subarray(0, bytesRead)) !== 'gzip';
}
