// SPDX-License-Identifier: Apache-2.0
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOOKED_FOR } from '../../../harness/bundle/k3s-directory.ts';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { BundleFolder, CONFIG_MAP } from './support/bundle-folder.ts';

describe('the path of a bundle', () => {
  it('that does not exist is refused', async () => {
    using folder = new BundleFolder();
    expect(await folder.refusal(`${folder.path}/nonexistent`)).to.equal(
      'cannot read the bundle "BUNDLE/nonexistent": no such file or directory | give the path of a folder that holds a bundle',
    );
  });

  it('of a file that is none is refused', async () => {
    using folder = new BundleFolder({ 'haul.tar.zst': 'x' });
    expect(await folder.refusal(join(folder.path, 'haul.tar.zst'))).to.equal(
      `"BUNDLE/haul.tar.zst" is neither a folder nor a bundle.yaml | a bundle is a folder; unpack archives first. Looked for: ${LOOKED_FOR}`,
    );
  });

  it('of an empty folder is refused', async () => {
    using folder = new BundleFolder();
    expect(await folder.refusal()).to.equal(
      `the bundle "BUNDLE" is an empty folder | looked for: ${LOOKED_FOR}`,
    );
  });

  it('of a folder with other things is refused', async () => {
    using folder = new BundleFolder({
      'registries.yaml': '',
      'chart-1.0.tgz': '',
      'docs/a.yaml': CONFIG_MAP,
    });
    expect(await folder.refusal()).to.equal(
      `the folder "BUNDLE" is not a bundle: nothing in it tells what it is | looked for: ${LOOKED_FOR}`,
    );
  });

  it('with a bundle.yml is refused, because a typing mistake must not turn it into another bundle', async () => {
    using folder = new BundleFolder({ 'bundle.yml': '', 'manifests/a.yaml': CONFIG_MAP });
    expect(await folder.refusal()).to.equal(
      'the bundle "BUNDLE" has a bundle.yml but no bundle.yaml | rename it to bundle.yaml',
    );
  });

  it('may be a symlink to the folder or to its bundle.yaml', async () => {
    using folder = new BundleFolder({
      'bundle.yaml':
        'apiVersion: airgap.dev/v1\nkind: Bundle\nname: x\nversion: "1"\nmanifests: [ a.yaml ]\n',
      'a.yaml': CONFIG_MAP,
    });
    using other = new BundleFolder();
    symlinkSync(folder.path, join(other.path, 'folder'));
    symlinkSync(join(folder.path, 'bundle.yaml'), join(other.path, 'file'));
    const roots = await Promise.all(
      ['folder', 'file'].map(async (name) => (await readBundle(join(other.path, name))).root),
    );
    expect(roots).to.deep.equal([folder.path, folder.path]);
  });
});
