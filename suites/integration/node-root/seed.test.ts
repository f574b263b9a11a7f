// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAssets } from '../../../harness/core/assets.ts';
import { bootSite, sh } from '../providers/fixture.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

describe('folders of a node that lie on the disk itself', function seed() {
  this.timeout(120_000);
  before(function () {
    needs(this, 'root', 'netns', 'k3s');
  });

  /** Boots a copy of the node image after a change to it, and lists its /var/log. Not in /tmp: a node's own lies over that. */
  async function logsAfter(change: (root: string) => string): Promise<string> {
    await using dir = await mkdtempDisposable('/var/tmp/airgap-seed-');
    const { nodeImage } = await readAssets(REPO_ROOT);
    const root = join(dir.path, 'root');
    await writeFile(join(dir.path, 'secret'), 'of the host');
    await execa('cp', ['-a', nodeImage, root]);
    await execa('bash', ['-euc', change(root)]);
    await using site = await bootSite({ image: root });
    return await sh(site.node, 'ls -R /var/log/');
  }

  it('begin with what the image holds there', async () => {
    expect(await logsAfter((root) => `echo x >${root}/var/log/of-the-image`)).to.contain('of-the-image');
  });

  it('show nothing of the host when the image has a link there', async () => {
    const target = (root: string): string => {
      const folder = join(root, '..'); // a path that exists both here and in the image
      return `rm -r ${root}/var/log; mkdir -p ${root}${folder}/own; ln -s ${folder} ${root}/var/log`;
    };
    const listed = await logsAfter(target);
    expect(listed).not.to.contain('secret');
    expect(listed).to.contain('/var/log/:');
  });
});
