// SPDX-License-Identifier: Apache-2.0
import { parseManifest } from '../bundle/manifest-objects.ts';
import { runHelm } from '../checks/helm.ts';
import type { Bundle, ManifestObject } from '../core/bundle.ts';
import type { Cluster } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { type Release, releasesOf } from '../core/releases.ts';
import type { Finding } from '../rules/finding.ts';
import { applyImageRules } from '../rules/apply-rules.ts';

const TIMEOUT_MS = 60_000;

/**
 * What the static rules for images say of the objects that helm made of the bundle's charts and HelmChart objects, hooks and tests included. Asked when the releases exist:
 * to render a chart on this machine would let its schema reach out from here. A release that never came to be has none.
 */
export async function renderedFindings(
  cluster: Cluster,
  bundle: Bundle,
  signal: AbortSignal,
): Promise<Finding[]> {
  const objects: ManifestObject[] = [];
  for (const release of releasesOf(bundle))
    objects.push(...(await renderedObjects(cluster, release, signal)));
  return applyImageRules({ ...bundle, objects });
}

async function renderedObjects(
  cluster: Cluster,
  { name, namespace, file }: Release,
  signal: AbortSignal,
): Promise<ManifestObject[]> {
  const objects: ManifestObject[] = [];
  for (const what of ['manifest', 'hooks']) {
    const args = ['get', what, name, '--namespace', namespace];
    const run = await runHelm(cluster.node, args, { signal, timeoutMs: TIMEOUT_MS * cluster.node.pace });
    if (run.exitCode !== 0) return objects; // no such release: its check says why
    objects.push(...readRendered(run.stdout, file));
  }
  return objects;
}

/** Of each document helm says which template it comes from. What cannot be read as an object is left to the API server, which has it. */
export function readRendered(text: string, file: string): ManifestObject[] {
  return text.split(/^---$/m).flatMap((document) => {
    const template = /^# Source: (\S+)$/m.exec(document)?.[1];
    const place = template === undefined ? file : `${file} (${template})`;
    try {
      return parseManifest(document, place).map((object) => ({ ...object, line: 0 }));
    } catch (error) {
      if (error instanceof HarnessError) return [];
      throw error;
    }
  });
}
