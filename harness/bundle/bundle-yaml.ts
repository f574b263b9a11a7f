// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { parseConfig } from '../core/config-file.ts';
import { reasonOf } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { readTextFile } from '../core/text-file.ts';
import { type Problem, problemsError, type YamlPath } from '../core/yaml-file.ts';
import type { Layout } from './assemble.ts';
import { checkSpec } from './checks.ts';
import { findInside, type Inside } from './inside.ts';
import { MANIFEST_NAME } from './manifest-objects.ts';
import { parseQuantityMiB } from './quantity.ts';
import { type BundleDocument, bundleSchema } from './schema.ts';
import { type Ignored, walk } from './walk.ts';

const MAX_BYTES = 4 * 2 ** 20;

/** Something declared in bundle.yaml, and the place where it is. */
interface Declared {
  readonly found: Inside;
  readonly at: YamlPath;
}

/**
 * Reads bundle.yaml: strict schema, and every path in it must exist and lie inside the bundle's folder.
 *
 * @param root the bundle's folder, absolute, symlinks resolved
 * @param file name of the YAML file in that folder
 * @throws HarnessError (bundle) that lists all problems of the file as file:line:column
 */
export async function readBundleYaml(root: string, file: string): Promise<Layout> {
  const path = posix.join(root, file);
  const { value, positionOf } = parseConfig(
    path,
    await readTextFile(path, 'bundle', MAX_BYTES),
    bundleSchema,
    'bundle',
  );
  const problems: Problem[] = [];
  const report = (at: YamlPath, message: string): void =>
    void problems.push({ position: positionOf(at), message });
  const find = async (declared: string, at: YamlPath): Promise<Declared[]> => {
    try {
      return [{ found: await findInside(root, declared), at }];
    } catch (error) {
      report(at, reasonOf(error));
      return [];
    }
  };
  const findFile = async (declared: string | undefined, at: YamlPath): Promise<Inside[]> => {
    const all = declared === undefined ? [] : await find(declared, at);
    return all.flatMap(({ found }) => {
      if (found.kind === 'file') return [found];
      report(
        at,
        `path ${quoted(declared)} is a folder; a file is wanted${at.includes('images') ? ' (pack an image layout with tar)' : ''}`,
      );
      return [];
    });
  };
  const findFiles = async (declared: readonly string[], at: YamlPath): Promise<Inside[]> =>
    (await Promise.all(declared.map(async (one, index) => await findFile(one, [...at, index])))).flat();

  const ownFile = await findInside(root, file);
  const kubernetes = value.kubernetes;
  const [binary = null] = await findFile(kubernetes?.binary, ['kubernetes', 'binary']);
  const [config = null] = await findFile(kubernetes?.config, ['kubernetes', 'config']);
  const [registries = null] = await findFile(value.registries, ['registries']);
  const platformArchives = await findFiles(kubernetes?.images ?? [], ['kubernetes', 'images']);
  const imageArchives = await findFiles(value.images, ['images']);
  const declared = (
    await Promise.all(value.manifests.map(async (one, index) => await find(one, ['manifests', index])))
  ).flat();
  const { manifests, ignored } = await expandManifests(root, declared, report);
  if (isEmpty(value))
    report([], 'nothing is declared: at least one of "kubernetes", "images" and "manifests" is needed');
  if (problems.length > 0) throw problemsError(path, problems, 'bundle');
  return {
    name: value.name,
    version: value.version,
    format: 'bundle.yaml',
    root,
    requirements: {
      nodes: value.requirements.nodes,
      memoryMiB: value.requirements.memory === undefined ? null : parseQuantityMiB(value.requirements.memory),
    },
    checks: value.checks.map(checkSpec),
    ignored,
    binary,
    platformArchives,
    config,
    registries,
    imageArchives,
    manifests: manifests.map((found) => ({ found, installAs: posix.basename(found.file) })),
    files: [ownFile],
  };
}

/** Folders become their manifests; what else lies in them is listed as ignored. */
async function expandManifests(
  root: string,
  declared: readonly Declared[],
  report: (at: YamlPath, message: string) => void,
): Promise<{ manifests: Inside[]; ignored: Ignored[] }> {
  const manifests = new Map<string, Inside>();
  const ignored: Ignored[] = [];
  for (const { found, at } of declared) {
    if (found.kind === 'file') {
      if (MANIFEST_NAME.test(found.file)) manifests.set(found.file, found);
      else
        report(at, `path ${quoted(found.file)} does not end in .yaml, .yml or .json: K3s would not apply it`);
      continue;
    }
    const walked = await walk(root, found.file);
    const usable = walked.files.filter(({ file }) => MANIFEST_NAME.test(file));
    if (usable.length === 0) report(at, `folder ${quoted(found.file)} holds no *.yaml, *.yml or *.json file`);
    for (const one of usable) manifests.set(one.file, one);
    ignored.push(...walked.ignored);
    for (const { file } of walked.files) {
      if (!MANIFEST_NAME.test(file))
        ignored.push({ file, reason: 'K3s applies only *.yaml, *.yml and *.json' });
    }
  }
  return { manifests: [...manifests.values()], ignored };
}

function isEmpty({ kubernetes, images, manifests }: BundleDocument): boolean {
  return kubernetes === undefined && images.length === 0 && manifests.length === 0;
}
