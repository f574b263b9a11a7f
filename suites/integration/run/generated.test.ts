// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';
import { airgap, readReport } from '../support/airgap.ts';
import { compareLeaks } from '../support/leaks.ts';
import { needs, needsProvider, REPO_ROOT } from '../support/needs.ts';
import { writeRandomBundle } from '../support/random-bundle.ts';

describe('a leaky bundle that nobody has seen before', function generated() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('is not ready, and exactly what was planted is reported', async () => {
    await reportsWhatIsPlanted('netns');
  });

  it('is not ready on a container either, and exactly what was planted is reported', async function () {
    await needsProvider(this, 'container');
    await reportsWhatIsPlanted('container');
  });
});

/** A bundle that is drawn anew for each call. */
async function reportsWhatIsPlanted(provider: ProviderId): Promise<void> {
  const seed = Number(process.env['AIRGAP_SEED'] ?? randomInt(2 ** 31));
  console.log(`      seed ${seed} (AIRGAP_SEED=${seed} makes the same bundle again)`);
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-generated-'));
  const expected = await writeRandomBundle(join(dir.path, 'bundle'), seed, await readAssets(REPO_ROOT));
  const out = join(dir.path, 'run');
  const { exitCode, all } = await airgap([
    'test',
    join(dir.path, 'bundle'),
    '--provider',
    provider,
    '--out',
    out,
  ]);
  expect(exitCode, all).to.equal(1);
  const report = await readReport(out);
  expect(compareLeaks(expected, report.attempts), `seed ${seed}`).to.deep.equal({
    missing: [],
    unplanned: [],
  });
}
