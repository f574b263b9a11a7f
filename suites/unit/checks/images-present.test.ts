// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { ImageItem } from '../../../harness/core/bundle.ts';
import { missingImage, parseImagesCheck } from '../../../harness/checks/images-present.ts';

const CONFIG = `sha256:${'c'.repeat(64)}`;
const MANIFEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const IMAGE: ImageItem = {
  reference: 'registry.example/web:1',
  configDigest: CONFIG,
  manifestDigest: null,
  format: 'docker-archive',
  platform: 'linux/amd64',
  archive: 'images/web.tar',
  platformImage: false,
  layers: 1,
  size: 1,
};

describe('images in the node’s store', () => {
  it('reads the table of ctr images check', () => {
    const text = `REF TYPE DIGEST STATUS SIZE UNPACKED
registry.example/web:1 application/vnd.docker.distribution.manifest.v2+json ${MANIFEST} complete (2/2) 1.2 MiB/1.2 MiB true
${CONFIG}              application/vnd.docker.distribution.manifest.v2+json ${MANIFEST} incomplete (1/2) 0.2 MiB/1.2 MiB false
`;
    expect(parseImagesCheck(text)).to.deep.equal([
      { reference: 'registry.example/web:1', digest: MANIFEST, complete: true },
      { reference: CONFIG, digest: MANIFEST, complete: false },
    ]);
  });

  const name = { reference: 'registry.example/web:1', digest: MANIFEST, complete: true };
  const config = { reference: CONFIG, digest: MANIFEST, complete: true };
  it('accepts an image that is there by name and by config digest', () => {
    expect(missingImage(IMAGE, [name, config])).to.equal(null);
    expect(missingImage({ ...IMAGE, reference: null }, [config])).to.equal(null);
  });

  it('finds one that is absent, incomplete, nameless, or another image under the same name', () => {
    expect(missingImage(IMAGE, [])).to.contain('its import failed');
    expect(missingImage(IMAGE, [name, { ...config, complete: false }])).to.contain('incomplete');
    expect(missingImage(IMAGE, [config])).to.contain('not under that name');
    expect(missingImage(IMAGE, [{ ...name, digest: OTHER }, config])).to.contain('another image');
    expect(missingImage(IMAGE, [{ ...name, digest: OTHER }])).to.contain('another image');
  });
});
