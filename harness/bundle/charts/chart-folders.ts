// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { reasonOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { bundleError } from '../bundle-error.ts';
import { findInside, type Inside } from '../inside.ts';
import type { Ignored } from '../walk.ts';
import { isReleaseName } from './names.ts';
import { type FoundChart, openChart } from './read-charts.ts';

/** What a bundle without bundle.yaml carries for helm. */
export interface FoundCharts {
  readonly charts: readonly FoundChart[];
  readonly helm: Inside | null;
  /** Files of those, which are nothing else. */
  readonly taken: ReadonlySet<Inside>;
  readonly ignored: readonly Ignored[];
}

const HELM_PLACES: readonly string[] = ['helm', 'bin/helm', 'usr/local/bin/helm'];
const FOLDER = 'charts/';

/** Where a chart was found, by what it is called there. */
interface Candidate {
  /** `charts/web.tgz`, or the folder of a Chart.yaml. */
  readonly file: string;
  /** Folder below charts/, or null: helm's own default. */
  readonly namespace: string | null;
  /** It lies where only a chart can lie. */
  readonly isSure: boolean;
}

/**
 * Finds charts by the folder convention of docs/charts.md: packed charts, folders and image layouts in charts/, one folder deeper by namespace;
 * packed charts and folders of charts beside the bundle's other files. `NN-` in front of a name orders, `NAME.values.yaml` beside a chart is its
 * values file.
 *
 * @throws HarnessError (bundle) for what lies in charts/ and cannot be used, or a values file there without its chart
 */
export async function findCharts(root: string, files: readonly Inside[]): Promise<FoundCharts> {
  const values = new Map(files.flatMap((found) => valuesFor(found)));
  const taken = new Set<Inside>();
  const ignored: Ignored[] = [];
  const charts: FoundChart[] = [];
  for (const candidate of candidatesIn(files)) {
    const found = await findInside(root, candidate.file);
    const opened = await openChart(root, found).catch((error: unknown) => {
      if (candidate.isSure) throw error;
      const reason = reasonOf(error instanceof Error ? (error.cause ?? error) : error);
      ignored.push({ file: candidate.file, reason: `it is not taken for a Helm chart: ${reason}` });
      return null; // a .tgz beside the executable may be something else
    });
    if (opened === null) continue;
    if (opened.facts.isLibrary) {
      ignored.push({ file: candidate.file, reason: 'a library chart is not installed by itself' });
      continue;
    }
    const { release, stems } = namesOf(candidate.file, opened.facts);
    const folder = posix.dirname(candidate.file);
    const own = stems.map((stem) => values.get(posix.join(folder, stem))).find((one) => one !== undefined);
    charts.push({
      found,
      release,
      ...(candidate.namespace === null ? {} : { namespace: candidate.namespace }),
      values: own === undefined ? [] : [own],
    });
    for (const one of files) {
      if (one === own || one.file === candidate.file || one.file.startsWith(`${candidate.file}/`))
        taken.add(one);
    }
  }
  refuseLonely(values, taken);
  const helm = files.find(({ file }) => HELM_PLACES.includes(file)) ?? null;
  if (helm !== null) taken.add(helm);
  return { charts, helm, taken, ignored };
}

function candidatesIn(files: readonly Inside[]): Candidate[] {
  const all = files.flatMap(({ file }) => candidateOf(file) ?? []);
  const places = new Set(all.map(({ file }) => file));
  // what lies in a chart's folder is that chart's business
  return all.filter(({ file }) => !places.has(posix.dirname(file))).toSorted(byOrder);
}

/** What a file makes the place of a chart; null when it does not. */
function candidateOf(file: string): Candidate | null {
  const parts = file.split('/');
  const [top, second] = parts;
  if (parts.length === 1 && file.endsWith('.tgz')) return { file, namespace: null, isSure: false };
  if (parts.length === 2 && second === 'Chart.yaml')
    return { file: top ?? '', namespace: null, isSure: true };
  const isFolder = ['Chart.yaml', 'oci-layout'].includes(parts.at(-1) ?? '');
  if (top !== 'charts' || (!isFolder && !/\.(?:tgz|tar)$/.test(file))) return null;
  const place = isFolder ? parts.slice(0, -1) : parts;
  if (place.length === 2) return { file: place.join('/'), namespace: null, isSure: true };
  return place.length === 3 ? { file: place.join('/'), namespace: second ?? null, isSure: true } : null;
}

/** Path without `.values.yaml`, for files beside which a chart may lie. */
function valuesFor(found: Inside): [string, Inside][] {
  const name = /^(.+)\.values\.ya?ml$/.exec(found.file)?.[1];
  const depth = found.file.split('/').length;
  const isBesideCharts = depth === 1 || (found.file.startsWith(FOLDER) && depth <= 3);
  return name === undefined || !isBesideCharts ? [] : [[name, found]];
}

/** `10-web-1.2.3.tgz` is installed as `web`; its values file may be named after any of the three spellings. */
function namesOf(
  file: string,
  { name, version }: { readonly name: string; readonly version: string },
): { release: string; stems: string[] } {
  const whole = posix.basename(file).replace(/\.(?:tgz|tar)$/, '');
  const unnumbered = whole.replace(/^\d+-/, '');
  const short = unnumbered.endsWith(`-${version}`) ? unnumbered.slice(0, -version.length - 1) : unnumbered;
  const release = isReleaseName(short) ? short : name;
  return { release, stems: [whole, unnumbered, short, name] };
}

/** By number, where there is one, then by name; what has no number comes last. */
function byOrder(a: Candidate, b: Candidate): number {
  const numberOf = ({ file }: Candidate): number =>
    Number(/^(\d+)-/.exec(posix.basename(file))?.[1] ?? Infinity);
  const [first, second] = [numberOf(a), numberOf(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.file < b.file ? -1 : 1;
}

function refuseLonely(values: ReadonlyMap<string, Inside>, taken: ReadonlySet<Inside>): void {
  for (const found of values.values()) {
    if (taken.has(found) || !found.file.startsWith(FOLDER)) continue;
    throw bundleError(
      `values file "${printable(found.file)}" belongs to no chart`,
      'name it after the chart beside it: NAME.values.yaml',
    );
  }
}
