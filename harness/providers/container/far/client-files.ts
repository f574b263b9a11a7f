// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Of this project what a run is made of, and what its content keys are made of. */
const OF_PROJECT = [
  '.airgap',
  'package.json',
  'harness',
  'reports',
  'suites/readiness',
  'suites/integration/k3s-contract',
  'infra/node-agent',
  'infra/k3s-compat/install.sh',
];

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
});

/** Absolute paths of this project's files that a run needs, the packages of npm among them, those for development not. */
export async function projectFiles(repoRoot: string): Promise<string[]> {
  const lock = lockSchema.parse(JSON.parse(await readFile(join(repoRoot, 'package-lock.json'), 'utf8')));
  const packages = Object.entries(lock.packages)
    .filter(([path, { dev }]) => TOP_LEVEL.test(path) && dev !== true)
    .map(([path]) => path);
  // Those of other systems are in the list, but were not installed.
  return [...OF_PROJECT, ...packages].map((path) => join(repoRoot, path)).filter((path) => existsSync(path));
}

/** What a package has below it comes with it. */
const TOP_LEVEL = /^node_modules\/(?:@[^/]+\/)?[^/]+$/;
