// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { airgap, leftovers } from '../support/airgap.ts';
import { needs, needsProvider, REPO_ROOT } from '../support/needs.ts';

describe('a virtual machine that is kept', function () {
  this.timeout(1_500_000);
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    await needsProvider(this, 'vm');
  });

  it('is reached when its harness has ended, again and again, and goes down whole', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-vm-keep-'));
    const before = await leftovers();
    // A part of the checks is no proof: such a run is INCONCLUSIVE, and kept.
    const part = ['--grep', '^provision', '--keep', '--out', join(dir.path, 'run')];
    const { exitCode, all } = await airgap(['test', 'examples/clean', '--provider', 'vm', ...part]);
    expect(exitCode, all).to.equal(3);
    try {
      for (const round of [1, 2]) {
        const main = join(REPO_ROOT, 'harness/cli/main.ts');
        const { stdout } = await execa(process.execPath, [main, 'shell'], {
          input: 'uname -r; cat /etc/hostname',
        });
        expect(stdout, `round ${round}`).to.match(/^6\.\S+-cloud-amd64\nn1$/);
      }
      const nodes = await airgap(['kubectl', '--', 'get', 'nodes', '-o', 'name']);
      expect(nodes.stdout).to.equal('node/n1');
      expect((await airgap(['logs'])).stdout).to.include('k3s');
    } finally {
      expect((await airgap(['down'])).all).to.match(/^site [0-9a-f]{6} is down: \d+ thing\(s\) removed$/);
    }
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });
});
