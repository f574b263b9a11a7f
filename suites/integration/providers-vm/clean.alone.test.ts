// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { needs, needsProvider } from '../support/needs.ts';

describe('the main job on a virtual machine', function () {
  // The first run on a machine starts Kubernetes under emulation, and saves it.
  this.timeout(1_500_000);
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    await needsProvider(this, 'vm');
  });

  it('examples/clean is ready, without a single attempt, says what was not watched, and leaves nothing', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-vm-clean-'));
    const before = await leftovers();
    const out = join(dir.path, 'run');
    const began = performance.now();
    const { exitCode, all } = await airgap(['test', 'examples/clean', '--provider', 'vm', '--out', out]);
    console.log(`      the whole run took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(exitCode, all).to.equal(0);
    const report = await readReport(out);
    expect(report.verdict).to.equal('ready');
    expect(report.attempts).to.deep.equal([]);
    expect(report.canaries.filter(({ result }) => result === 'fail')).to.deep.equal([]);
    expect(report.limits.map(({ id }) => id)).to.include.members(['vm-kernel', 'service-started-before']);
    const witness = report.observers.find(({ id }) => id === 'witness');
    expect([witness?.status, witness?.received], 'nothing at all came to the witness').to.deep.equal([
      'ok',
      0,
    ]);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });
});
