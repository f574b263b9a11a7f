// SPDX-License-Identifier: Apache-2.0
import { readAssets } from '../../../harness/core/assets.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';
import { type ChosenNodeImage, chooseNodeImage } from '../../../harness/run/node-image/choose-node-image.ts';
import { REPO_ROOT } from '../support/needs.ts';

/** What a run with `--node-image given` and setup's Kubernetes would take. */
export async function choose(
  given: string,
  cache: string,
  provider: ProviderId = 'netns',
): Promise<ChosenNodeImage> {
  const assets = await readAssets(REPO_ROOT);
  const kubernetes = { binary: assets.k3s.binary, platformArchives: [], installer: null, from: 'setup' };
  const { signal } = new AbortController();
  return await chooseNodeImage({ given, assets, kubernetes, provider, cache, signal });
}

/** The one error that an attempt gives, as its user reads it; anything but bad input fails the test. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HarnessError) || error.code !== 'config' || error.hint === undefined) throw error;
  return error.message;
}
