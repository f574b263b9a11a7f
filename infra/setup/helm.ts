// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '../../harness/core/errors.ts';
import type { GoProgram } from './go-program.ts';

/**
 * helm, built from its Go module as it is. Its own build writes the version into it (helm's Makefile, LDFLAGS), which `helm version` and charts
 * (`.Capabilities.HelmVersion`) show.
 *
 * @param sources the folder infra/helm
 * @throws HarnessError (setup) when its go.mod names no version
 */
export async function helmProgram(sources: string): Promise<GoProgram> {
  const file = join(sources, 'go.mod');
  const version = /^\s*helm\.sh\/helm\/v4 (v\S+)/m.exec(await readFile(file, 'utf8'))?.[1];
  if (version === undefined)
    throw new HarnessError(`${file} does not require helm.sh/helm/v4`, { code: 'setup' });
  return {
    name: 'helm',
    sources,
    package: 'helm.sh/helm/v4/cmd/helm',
    variables: { 'helm.sh/helm/v4/internal/version.version': version },
  };
}
