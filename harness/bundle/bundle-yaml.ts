// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { CHART_TIMEOUT_SECONDS } from '../core/chart.ts';
import { parseConfig } from '../core/config-file.ts';
import { quoted } from '../core/printable.ts';
import { readTextFile } from '../core/text-file.ts';
import type { Layout } from './assemble.ts';
import { checkSpec } from './checks.ts';
import type { FoundChart } from './charts/read-charts.ts';
import { type Declared, DeclaredPaths } from './declared-paths.ts';
import { parseSeconds } from './duration.ts';
import { findInside, type Inside } from './inside.ts';
import { MANIFEST_NAME } from './manifest-objects.ts';
import { parseQuantityMiB } from './quantity.ts';
import { type BundleDocument, bundleSchema } from './schema.ts';
import { type Ignored, walk } from './walk.ts';

const MAX_BYTES = 4 * 2 ** 20;

/**
 * Reads bundle.yaml: strict schema, and every path in it must exist and lie inside the bundle's folder.
 *
 * @param root the bundle's folder, absolute, symlinks resolved
 * @param file name of the YAML file in that folder
 * @throws HarnessError (bundle) that lists all problems of the file as file:line:column
 */
export async function readBundleYaml(root: string, file: string): Promise<Layout> {
  const path = posix.join(root, file);
  const config = parseConfig(
    path,
    await readTextFile(path, { code: 'bundle', maxBytes: MAX_BYTES }),
    bundleSchema,
    'bundle',
  );
  const { name, version, kubernetes, requirements, checks, ...declared } = config.value;
  const paths = new DeclaredPaths(root, config);
  const parts = {
    binary: await paths.findFile(kubernetes?.binary, ['kubernetes', 'binary']),
    platformArchives: await paths.findFiles(kubernetes?.images ?? [], ['kubernetes', 'images']),
    config: await paths.findFile(kubernetes?.config, ['kubernetes', 'config']),
    registries: await paths.findFile(declared.registries, ['registries']),
    charts: await findCharts(paths, declared.charts),
    helm: await paths.findFile(declared.helm, ['helm']),
    staticCharts: (await paths.findFiles(kubernetes?.charts ?? [], ['kubernetes', 'charts'])).map(
      (found) => ({
        found,
        installAs: posix.basename(found.file),
      }),
    ),
  };
  const images = declared.images.map((one) =>
    typeof one === 'string' ? { path: one, via: 'preload' as const } : one,
  );
  const found = await paths.findAll(
    images.map(({ path: one }) => one),
    ['images'],
  );
  const ways = found.flatMap((one) => {
    const index = Number(one.at.at(-1));
    return paths.onlyFile(one).map((archive) => ({ archive, via: images[index]?.via }));
  });
  const archives = {
    imageArchives: ways.filter(({ via }) => via !== 'registry').map(({ archive }) => archive),
    registryArchives: ways.filter(({ via }) => via === 'registry').map(({ archive }) => archive),
  };
  const manifests = await expandManifests(
    root,
    await paths.findAll(declared.manifests, ['manifests']),
    paths,
  );
  if (isEmpty(config.value)) {
    paths.report(
      [],
      'nothing is carried: at least one of "kubernetes", "images", "manifests" and "charts" is needed',
    );
  }
  paths.throwIfAny(path);
  return {
    name,
    version,
    format: 'bundle.yaml',
    root,
    requirements: {
      nodes: requirements.nodes,
      memoryMiB: requirements.memory === undefined ? null : parseQuantityMiB(requirements.memory),
      ownKernel: requirements.ownKernel,
    },
    checks: checks.map(checkSpec),
    ...parts,
    ...archives,
    ...manifests,
    files: [await findInside(root, file)],
  };
}

/** Folders become their manifests, which keep their place below; what else lies in them is listed as ignored. */
async function expandManifests(
  root: string,
  declared: readonly Declared[],
  paths: DeclaredPaths,
): Promise<Pick<Layout, 'manifests' | 'ignored'>> {
  const manifests = new Map<string, { found: Inside; installAs: string }>();
  const ignored: Ignored[] = [];
  for (const { found, at } of declared) {
    if (found.kind === 'file') {
      if (MANIFEST_NAME.test(found.file)) {
        manifests.set(found.file, { found, installAs: posix.basename(found.file) });
      } else {
        paths.report(
          at,
          `path ${quoted(found.file)} does not end in .yaml, .yml or .json: K3s would not apply it`,
        );
      }
      continue;
    }
    const walked = await walk(root, found.file);
    const usable = walked.files.filter(({ file }) => MANIFEST_NAME.test(file));
    if (usable.length === 0) {
      paths.report(at, `folder ${quoted(found.file)} holds no *.yaml, *.yml or *.json file`);
    }
    for (const one of usable) {
      manifests.set(one.file, { found: one, installAs: posix.relative(found.file, one.file) });
    }
    const others = walked.files.filter((one) => !usable.includes(one));
    ignored.push(
      ...walked.ignored,
      ...others.map(({ file }) => ({ file, reason: 'K3s applies only *.yaml, *.yml and *.json' })),
    );
  }
  return { manifests: [...manifests.values()], ignored };
}

/** A chart whose path cannot be used is reported and left out. */
async function findCharts(paths: DeclaredPaths, charts: BundleDocument['charts']): Promise<FoundChart[]> {
  const found: FoundChart[] = [];
  for (const [index, { path, values, release, namespace, wait, timeout }] of charts.entries()) {
    const at = ['charts', index];
    const chart = await paths.find(path, [...at, 'path']);
    const files = await paths.findFiles(values, [...at, 'values']);
    if (chart === null) continue;
    found.push({
      found: chart,
      ...(release === undefined ? {} : { release }),
      namespace,
      values: files,
      wait,
      timeoutSeconds: parseSeconds(timeout) ?? CHART_TIMEOUT_SECONDS,
    });
  }
  return found;
}

function isEmpty({ kubernetes, images, manifests, charts }: BundleDocument): boolean {
  return [images, manifests, charts].every((list) => list.length === 0) && kubernetes === undefined;
}
