// SPDX-License-Identifier: Apache-2.0
import type { ManifestObject } from '../core/bundle.ts';
import { printable, quoted } from '../core/printable.ts';
import { readTextFile } from '../core/text-file.ts';
import {
  parseYaml,
  type Problem,
  problemsError,
  type YamlDocument,
  type YamlPath,
} from '../core/yaml-file.ts';
import type { Inside } from './inside.ts';

/** The largest manifests of the field (CRDs of an operator) have a few MiB. */
const MAX_BYTES = 32 * 2 ** 20;

/** What K3s's deploy controller takes from a folder. */
export const MANIFEST_NAME = /\.(?:yaml|yml|json)$/;

/**
 * The Kubernetes objects of a manifest: all YAML documents, lists expanded.
 *
 * @throws HarnessError (bundle) with `file:line:column` for what is no YAML, or an object without apiVersion, kind or name
 */
export async function readManifest({ path, file }: Inside): Promise<ManifestObject[]> {
  return parseManifest(await readTextFile(path, { code: 'bundle', maxBytes: MAX_BYTES }), file, path);
}

/**
 * The same of a text.
 *
 * @param file how the objects name where they are from
 * @param path how messages name it
 */
export function parseManifest(text: string, file: string, path = file): ManifestObject[] {
  const problems: Problem[] = [];
  const objects = parseYaml(path, text, 'bundle').flatMap((document) =>
    objectsAt(document, [], document.value, file, problems),
  );
  if (problems.length > 0) throw problemsError(path, problems, 'bundle');
  return objects;
}

function objectsAt(
  document: YamlDocument,
  path: YamlPath,
  body: unknown,
  file: string,
  problems: Problem[],
): ManifestObject[] {
  const position = document.positionOf(path);
  const problem = (message: string): [] => {
    problems.push({ position, message });
    return [];
  };
  if (!isMap(body)) return problem(`a Kubernetes object must be a map, not ${quoted(body)}`);
  const { apiVersion, kind, metadata } = body;
  if (!isText(apiVersion)) return problem('this object has no "apiVersion"');
  if (!isText(kind)) return problem('this object has no "kind"');
  const { items } = body;
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) =>
      objectsAt(document, [...path, 'items', index], item, file, problems),
    );
  }
  const { name, namespace, generateName } = isMap(metadata) ? metadata : {};
  if (!isText(name)) {
    const why = isText(generateName)
      ? ': "generateName" does not do, K3s applies manifests again and again'
      : '';
    return problem(`this ${printable(kind)} has no "metadata.name"${why}`);
  }
  return [
    {
      apiVersion,
      kind,
      namespace: isText(namespace) ? namespace : null,
      name,
      file,
      line: position.line,
      body,
    },
  ];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
