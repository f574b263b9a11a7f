// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { BundleFolder, CONFIG_MAP } from '../../unit/bundle/support/bundle-folder.ts';
import { readBytes, refusal } from '../../unit/bundle/support/archive-file.ts';
import { rawTar } from '../../unit/bundle/support/raw-tar.ts';

describe('what a hostile bundle can cost', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'airgap-limits-'));
  after(() => folder[Symbol.dispose]());

  it('is bounded by the number of members of an archive', async () => {
    const members = Array.from({ length: 100_001 }, (_, index) => ({ name: `m${index}` }));
    expect(await refusal(readBytes(folder.path, gzipSync(rawTar(members), { level: 1 })))).to.equal(
      'it has more than 100000 members',
    );
  });

  it('is bounded by the size of all documents that are kept', async () => {
    const document = Buffer.alloc(4 * 2 ** 20, ' ');
    document.write('[');
    const members = Array.from({ length: 17 }, (_, index) => ({ name: `d${index}`, content: document }));
    expect(await refusal(readBytes(folder.path, gzipSync(rawTar(members), { level: 1 })))).to.equal(
      'it holds more than 64 MiB of JSON documents',
    );
  });

  it('is bounded by the number of files in its folder', async () => {
    using bundle = new BundleFolder({ 'manifests/a.yaml': CONFIG_MAP });
    for (let index = 0; index <= 20_000; index += 1) bundle.write(`f/${index}`, '');
    expect(await bundle.refusal()).to.equal(
      'the folder "BUNDLE" holds more than 20000 files | is this the folder of a bundle?',
    );
  });
});
