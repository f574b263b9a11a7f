// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { ChartDependency, ChartFacts } from '../../core/chart.ts';
import { reasonOf } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';
import { parseYaml } from '../../core/yaml-file.ts';
import { ChartBudget, type ChartFiles, unpackChart } from './chart-files.ts';
import { remoteReferences } from './remote-schemas.ts';

/** Subcharts of subcharts; real ones are three deep. */
const MAX_DEPTH = 8;
const MAX_DOCUMENT = 2 ** 20;

const dependencySchema = z.looseObject({
  name: z.string(),
  version: z.string().catch(''),
  repository: z.string().nullish(),
});
const requirementsSchema = z.looseObject({ dependencies: z.array(dependencySchema).nullish() });
const metadataSchema = requirementsSchema.extend({
  apiVersion: z.string().nullish(),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  version: z.string().regex(/^v?[0-9][0-9A-Za-z.+_-]{0,127}$/),
  appVersion: z.union([z.string(), z.number()]).nullish().catch(null),
  type: z.string().nullish(),
});

/** Facts of a chart, and whether it is one that can be installed (a library only lends its templates). */
export interface ReadChart extends ChartFacts {
  readonly isLibrary: boolean;
}

/**
 * Reads what a chart says of itself, its subcharts included; renders nothing. Throws an Error that says what is wrong: no Chart.yaml, no
 * name or version in it, a subchart that is broken.
 */
export async function readChartFacts(files: ChartFiles, budget = new ChartBudget()): Promise<ReadChart> {
  return await factsOf(files, '', 0, budget);
}

async function factsOf(
  files: ChartFiles,
  parents: string,
  depth: number,
  budget: ChartBudget,
): Promise<ReadChart> {
  if (depth > MAX_DEPTH) throw new Error(`its charts are nested more than ${MAX_DEPTH} deep`);
  const metadata = readYaml(files, 'Chart.yaml', metadataSchema);
  if (metadata === null) throw new Error('it has no Chart.yaml');
  const place = parents === '' ? metadata.name : `${parents} > ${metadata.name}`;
  const requirements = readYaml(files, 'requirements.yaml', requirementsSchema)?.dependencies ?? [];
  const declared = [...(metadata.dependencies ?? []), ...requirements];
  const subcharts: ReadChart[] = [];
  for (const [name, load] of subchartsOf(files, budget)) {
    try {
      subcharts.push(await factsOf(await load(), place, depth + 1, budget));
    } catch (error) {
      throw new Error(`its subchart ${quoted(name)}: ${reasonOf(error)}`, { cause: error });
    }
  }
  const carried = new Set(subcharts.map(({ name }) => name));
  const own = declared.map(
    ({ name, version, repository }): ChartDependency => ({
      name,
      version,
      repository: repository ?? '',
      of: place,
      vendored: carried.has(name),
    }),
  );
  return {
    name: metadata.name,
    version: metadata.version,
    appVersion:
      metadata.appVersion === null || metadata.appVersion === undefined ? null : String(metadata.appVersion),
    dependencies: [...own, ...subcharts.flatMap(({ dependencies }) => dependencies)],
    remoteSchemas: [
      ...new Set([
        ...remoteReferences(files.get('values.schema.json')),
        ...subcharts.flatMap(({ remoteSchemas }) => remoteSchemas),
      ]),
    ],
    kinds: [...new Set([...kindsIn(files), ...subcharts.flatMap(({ kinds }) => kinds)])].toSorted(),
    hasTests: hasTestHook(files) || subcharts.some(({ hasTests }) => hasTests),
    isLibrary: metadata.type === 'library',
  };
}

/** What lies in charts/: packed charts, and folders. Names that begin with `_` or `.` helm leaves out. */
function subchartsOf(
  files: ChartFiles,
  budget: ChartBudget,
): Map<string, () => ChartFiles | Promise<ChartFiles>> {
  const found = new Map<string, () => ChartFiles | Promise<ChartFiles>>();
  for (const [path, content] of files) {
    const [top, name = '', ...rest] = path.split('/');
    if (top !== 'charts' || /^[._]/.test(name) || found.has(name)) continue;
    if (rest.length > 0) found.set(name, () => below(files, `charts/${name}/`));
    else if (name.endsWith('.tgz')) found.set(name, async () => await unpackChart(content, budget));
  }
  return found;
}

function below(files: ChartFiles, folder: string): ChartFiles {
  return new Map(
    [...files].flatMap(([path, content]) =>
      path.startsWith(folder) ? [[path.slice(folder.length), content] as const] : [],
    ),
  );
}

function kindsIn(files: ChartFiles): string[] {
  const templates = [...files].flatMap(([path, content]) =>
    path.startsWith('templates/') ? [content.toString()] : [],
  );
  const kinds = templates.flatMap((text) =>
    [...text.matchAll(/^[ \t-]*kind:[ \t]*["']?([A-Z]\w*)/gm)].map(([, kind]) => kind ?? ''),
  );
  if (templates.some((text) => /^[^#\n]*\bvolumeClaimTemplates?:/m.test(text)))
    kinds.push('PersistentVolumeClaim'); // made of a template in a StatefulSet or an ephemeral volume
  const all = [...templates, files.get('values.yaml')?.toString() ?? ''];
  return all.some(namesLoadBalancer) ? [...kinds, 'LoadBalancer'] : kinds;
}

/** In a line that is no comment: `type: LoadBalancer`, in whatever key. */
export function namesLoadBalancer(text: string): boolean {
  return /^[^#\n]*\bLoadBalancer\b/m.test(text);
}

/** `helm.sh/hook: test` in an annotation, alone or among other hooks; `test-success` is its older name. */
function hasTestHook(files: ChartFiles): boolean {
  const hook = /["']?helm\.sh\/hook["']?\s*:\s*["']?[\w\s,-]*\btest(?:-success)?\b/;
  return [...files].some(([path, content]) => path.startsWith('templates/') && hook.test(content.toString()));
}

function readYaml<T>(files: ChartFiles, name: string, schema: z.ZodType<T>): T | null {
  const content = files.get(name);
  if (content === undefined) return null;
  if (content.length > MAX_DOCUMENT) throw new Error(`its ${name} has ${content.length} bytes`);
  const [document] = parseYaml(name, content.toString(), 'bundle');
  const parsed = schema.safeParse(document?.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { line, column } = document?.positionOf(issue?.path ?? []) ?? { line: 1, column: 1 };
  const what = issue === undefined || issue.path.length === 0 ? 'it' : quoted(z.core.toDotPath(issue.path));
  throw new Error(
    `${name}:${line}:${column}: ${what} is not as helm wants it: ${printable(issue?.message ?? '')}`,
  );
}
