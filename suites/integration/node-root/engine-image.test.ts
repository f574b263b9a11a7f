// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { finished } from 'node:stream/promises';
import { openEngine } from '../../../harness/providers/container/engine.ts';
import { airgap, readReport } from '../support/airgap.ts';
import { needs, needsProvider } from '../support/needs.ts';
import { choose, refusal } from './choose.ts';
import { busyboxRoot, needsDebianMirror } from './debian-roots.ts';

/** Nothing can be pulled under this name. */
const NAME = 'site.invalid/k3s-like:1';

describe('a node image that the container engine has', function engineImages() {
  this.timeout(600_000);
  before(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'container');
    await needsProvider(this, 'container');
    await needsDebianMirror(this);
    await importRoot(await busyboxRoot());
  });
  after(async () => {
    const { docker } = await openEngine();
    await docker.getImage(NAME).remove();
  });

  it('is made of busybox, as rancher/k3s is: the main job is ready on it, in a container, and nothing was pulled', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-engine-image-'));
    const out = join(dir.path, 'run');
    const image = `docker-daemon:${NAME}`;
    const { exitCode, all } = await airgap(
      ['test', 'examples/clean', '--provider', 'container', '--node-image', image, '--out', out],
      { AIRGAP_CACHE: dir.path },
    );
    expect(exitCode, all).to.equal(0);
    const { verdict, environment } = await readReport(out);
    expect(verdict).to.equal('ready');
    expect(environment.nodeImage).to.include({ from: 'engine', path: image, os: null });
    expect(environment.nodeImage.digest).to.match(/^sha256:[0-9a-f]{64}$/);
    const kept = await readdir(join(dir.path, 'node-images'));
    expect(kept.map((name) => `sha256:${name}`)).to.deep.equal([environment.nodeImage.digest]);
  });

  it('is not pulled when the engine lacks it: the error names what it has', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-engine-image-'));
    const { host } = await openEngine();
    expect(await refusal(choose('docker-daemon:site.invalid/other:2', dir.path))).to.equal(
      `the container engine at ${host} has no image "site.invalid/other:2"`,
    );
    expect(await readdir(dir.path)).to.deep.equal([]);
  });
});

async function importRoot(root: string): Promise<void> {
  const { docker } = await openEngine();
  const { stdout } = execa('tar', ['-C', root, '--numeric-owner', '-cf', '-', '.'], {
    encoding: 'buffer',
    buffer: false,
  });
  const progress = await docker.importImage(stdout, { repo: NAME });
  progress.resume();
  await finished(progress);
}
