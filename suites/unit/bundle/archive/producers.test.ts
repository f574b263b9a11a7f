// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readBytes } from '../support/archive-file.ts';
import { sha256, STORED } from '../support/image-parts.ts';
import * as producers from '../support/producers.ts';

const { CONFIG_ONE, CONFIG_TWO, LOWER, UPPER, PLAIN_ONE, PLAIN_TWO } = producers;
const one = { configDigest: sha256(CONFIG_ONE), platform: 'linux/amd64', layers: 1, size: LOWER.length };
const two = {
  configDigest: sha256(CONFIG_TWO),
  platform: 'linux/amd64',
  layers: 2,
  size: LOWER.length + UPPER.length,
};
const docker = { manifestDigest: null, format: 'docker-archive' } as const;
const oci = { format: 'oci-layout' } as const;
const gzipSize = STORED.gzip(LOWER).size + STORED.gzip(UPPER).size;

async function read(bytes: Buffer): Promise<unknown> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'airgap-producers-'));
  return await readBytes(folder.path, bytes);
}

describe('image archives of the tools that write them', () => {
  it('docker save before 25: symlinked layers, several names, familiar names in full', async () => {
    const bytes = producers.dockerSave();
    expect(await read(bytes)).to.deep.equal({
      file: { digest: sha256(bytes), size: bytes.length },
      images: [
        { reference: 'docker.io/library/one:1', ...one, ...docker },
        { reference: 'docker.io/shop/two:2', ...two, ...docker },
        { reference: 'docker.io/library/two:latest', ...two, ...docker },
      ],
    });
  });

  it('docker save from 25 on: the image layout counts, as it does for containerd', async () => {
    const bytes = producers.dockerSave25();
    expect(await read(bytes)).to.deep.equal({
      file: { digest: sha256(bytes), size: bytes.length },
      images: [
        { reference: 'docker.io/library/one:1', ...one, ...oci, manifestDigest: PLAIN_ONE.digest },
        { reference: 'docker.io/shop/two:2', ...two, ...oci, manifestDigest: PLAIN_TWO.digest },
      ],
    });
  });

  it('crane save: compressed layers in a docker-archive', async () => {
    const bytes = producers.craneSave();
    expect(await read(bytes)).to.deep.equal({
      file: { digest: sha256(bytes), size: bytes.length },
      images: [{ reference: 'ghcr.io/shop/two:2', ...two, size: gzipSize, ...docker }],
    });
  });

  it('oras, crane and Zarf layouts: an index for several platforms, whose own digest the name stands for', async () => {
    const { bytes, indexDigest } = producers.orasLayout();
    expect(await read(bytes)).to.deep.equal({
      file: { digest: sha256(bytes), size: bytes.length },
      images: [
        {
          reference: 'registry.example:5000/shop/two:2',
          ...two,
          size: gzipSize,
          ...oci,
          manifestDigest: indexDigest,
        },
      ],
    });
  });

  it('Hauler: the full name wins, and charts are no images', async () => {
    const bytes = producers.haulerStore();
    expect(await read(bytes)).to.deep.equal({
      file: { digest: sha256(bytes), size: bytes.length },
      images: [
        {
          reference: 'docker.io/library/one:1',
          storedAs: 'index.docker.io/library/one:1',
          ...one,
          ...oci,
          manifestDigest: PLAIN_ONE.digest,
        },
      ],
    });
  });
});
