// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { fillRegistry } from '../../../harness/site/registry/fill.ts';
import { registriesYaml } from '../../../harness/site/registry/mirrors.ts';
import { placeOf } from '../../../harness/site/registry/place.ts';
import { type ArchiveOptions, writeImageArchive } from '../../../infra/images/build-image.ts';

const registry = {
  host: 'registry.site.example',
  port: 443,
  tls: true,
  login: { user: 'robot', password: 'secret' },
  projects: { 'docker.io': 'dockerhub', '*': 'mirror/all' },
  images: 'declared',
} as const;

describe('where an image stands in the site’s registry', () => {
  for (const [reference, repository] of [
    ['docker.io/library/nginx:1.27', 'dockerhub/library/nginx'],
    ['quay.io/a/b:1', 'mirror/all/a/b'],
    ['registry.site.example/shop/web:1', 'shop/web'],
    ['registry.site.example:5000/shop/web:1', 'mirror/all/shop/web'],
  ] as const) {
    it(`${reference} is ${repository}`, () => {
      expect(placeOf(reference, registry)?.repository).to.equal(repository);
    });
  }

  it('is its own path where the gate names no project', () => {
    expect(placeOf('quay.io/a/b:1', { ...registry, projects: {} })).to.deep.equal({
      repository: 'a/b',
      tag: '1',
      digest: null,
    });
  });
});

describe('registries.yaml of a site', () => {
  it('mirrors every registry whose images come by the site’s, with the rewrite of its project', () => {
    const text = registriesYaml(registry, ['docker.io/library/nginx:1', 'registry.site.example/shop/web:1'], {
      trusted: true,
    });
    expect(parse(text)).to.deep.equal({
      mirrors: {
        'docker.io': {
          endpoint: ['https://registry.site.example'],
          rewrite: { '(.*)': 'dockerhub/$1' },
        },
        'registry.site.example': { endpoint: ['https://registry.site.example'] },
      },
      configs: {
        'registry.site.example': {
          auth: { username: 'robot', password: 'secret' },
          tls: { ca_file: '/usr/local/share/ca-certificates/airgap-site.crt' },
        },
      },
    });
  });

  it('names no authority where nodes are not given it, and the port where it is no usual one', () => {
    const plain = { ...registry, port: 5000, tls: false, login: null };
    expect(parse(registriesYaml(plain, [], { trusted: false }))).to.deep.equal({
      mirrors: { 'registry.site.example:5000': { endpoint: ['http://registry.site.example:5000'] } },
    });
  });
});

describe('filling a registry', () => {
  const images = [
    {
      references: ['quay.io/a/b:1', 'quay.io/a/b:2'],
      layers: [{ entries: [{ path: 'x', content: 'one' }] }],
    },
  ];
  const formats: readonly ArchiveOptions[] = [
    { format: 'docker-archive' },
    { format: 'docker-archive', compression: 'zstd' },
    { format: 'oci', layerCompression: 'gzip' },
  ];
  for (const options of formats) {
    it(`lays out every blob under its digest: ${JSON.stringify(options)}`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-registry-'));
      const archive = join(dir.path, 'a.tar');
      const written = await writeImageArchive(archive, images, options);
      const filled = await fillRegistry(dir.path, [archive], registry);
      expect(filled.map(({ reference, at }) => [reference, at])).to.deep.equal([
        ['quay.io/a/b:1', 'mirror/all/a/b:1'],
        ['quay.io/a/b:2', 'mirror/all/a/b:2'],
      ]);
      const root = join(dir.path, 'docker/registry/v2');
      const blob = async (digest: string): Promise<Buffer> => {
        const hex = digest.replace('sha256:', '');
        const content = await readFile(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'));
        expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).to.equal(digest);
        const layer = join(root, 'repositories/mirror/all/a/b/_layers/sha256', hex, 'link');
        expect(await readFile(layer, 'utf8')).to.equal(digest);
        return content;
      };
      const tag = join(root, 'repositories/mirror/all/a/b/_manifests/tags/2/current/link');
      const digest = await readFile(tag, 'utf8');
      expect(digest).to.equal(filled[1]?.digest);
      const manifest = JSON.parse((await blob(digest)).toString('utf8')) as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      await blob(manifest.config.digest);
      for (const layer of manifest.layers) await blob(layer.digest);
      const [image] = written;
      expect(manifest.config.digest).to.equal(image?.configDigest);
      if (options.format === 'oci') expect(digest).to.equal(image?.manifestDigest);
    });
  }

  it('says which archive cannot be read', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-registry-'));
    const error = await fillRegistry(dir.path, [import.meta.filename], registry).catch(String);
    expect(error).to.match(
      /registry\.test\.ts" cannot be put into the site's registry: it is no tar archive/,
    );
  });
});
