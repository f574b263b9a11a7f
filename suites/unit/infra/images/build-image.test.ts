// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { HarnessError } from '../../../../harness/core/errors.ts';
import { writeImageArchive } from '../../../../infra/images/build-image.ts';
import type { ImageSpec } from '../../../../infra/images/image-spec.ts';
import { readTar } from './read-archive.ts';

const nameOf = (digest: string, suffix: string): string => `${digest.slice('sha256:'.length)}.${suffix}`;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('writeImageArchive', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-builder-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const base = { entries: [{ path: 'etc/os-release', content: 'ID=test\n' }] };
  const web: ImageSpec = {
    references: ['example.test/web:1', 'example.test/web:stable'],
    layers: [base, { entries: [{ path: '/srv/index.html', content: '<p>hello</p>', mode: 0o600 }] }],
    config: {
      entrypoint: ['/bin/web'],
      cmd: ['--port', '80'],
      env: { LANG: 'C' },
      user: '1000:1000',
      workingDir: '/srv',
      exposedPorts: ['80/tcp'],
      labels: { a: 'b' },
    },
  };
  const api: ImageSpec = { references: ['example.test/api:2'], layers: [base] };

  it('names every blob of a docker-archive by the sha256 of its bytes and ties them together in manifest.json', async () => {
    const written = await writeImageArchive(at('a.tar'), [web, api], { format: 'docker-archive' });
    const members = await readTar(at('a.tar'));
    const [webImage, apiImage] = written;
    const blobs = [...members.keys()].filter((name) => name !== 'manifest.json');
    expect(blobs.map((name) => sha256(members.get(name)!.bytes))).to.deep.equal(
      blobs.map((name) => name.split('.')[0]),
    );
    expect(JSON.parse(String(members.get('manifest.json')!.bytes))).to.deep.equal([
      {
        Config: nameOf(webImage!.configDigest, 'json'),
        RepoTags: ['example.test/web:1', 'example.test/web:stable'],
        Layers: webImage!.diffIds.map((id) => nameOf(id, 'tar')),
      },
      {
        Config: nameOf(apiImage!.configDigest, 'json'),
        RepoTags: ['example.test/api:2'],
        Layers: apiImage!.diffIds.map((id) => nameOf(id, 'tar')),
      },
    ]);
    expect(webImage!.manifestDigest).to.equal(null);
    expect(JSON.parse(String(members.get(nameOf(webImage!.configDigest, 'json'))!.bytes))).to.deep.include({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: webImage!.diffIds },
      config: {
        User: '1000:1000',
        ExposedPorts: { '80/tcp': {} },
        Env: ['LANG=C'],
        Entrypoint: ['/bin/web'],
        Cmd: ['--port', '80'],
        WorkingDir: '/srv',
        Labels: { a: 'b' },
      },
    });
  });

  it('stores a layer that two images share once', async () => {
    const equalBase = { entries: [{ path: 'etc/os-release', content: 'ID=test\n' }] };
    const twin: ImageSpec = { references: ['example.test/twin:1'], layers: [equalBase] };
    const written = await writeImageArchive(at('a.tar'), [web, api, twin], { format: 'docker-archive' });
    const members = await readTar(at('a.tar'));
    expect([...members.keys()].filter((name) => name.endsWith('.tar'))).to.have.length(2);
    expect(written.map((image) => image.diffIds[0])).to.deep.equal(Array(3).fill(written[0]!.diffIds[0]));
  });

  for (const layerCompression of ['none', 'gzip', 'zstd'] as const) {
    it(`writes an OCI layout with ${layerCompression} layers whose descriptors match the blobs in digest and size`, async () => {
      const written = await writeImageArchive(at('o.tar'), [web, api], { format: 'oci', layerCompression });
      const members = await readTar(at('o.tar'));
      const blob = (digest: string): Buffer => members.get(`blobs/sha256/${digest.slice(7)}`)!.bytes;
      for (const [name, { bytes }] of members) {
        if (/^blobs\/sha256\/./.test(name))
          expect(sha256(bytes)).to.equal(name.slice('blobs/sha256/'.length));
      }
      expect(String(members.get('oci-layout')!.bytes)).to.equal('{"imageLayoutVersion":"1.0.0"}');
      const index = JSON.parse(String(members.get('index.json')!.bytes));
      expect(
        index.manifests.map((entry: { digest: string; annotations: Record<string, string> }) => [
          entry.annotations['io.containerd.image.name'],
          entry.digest,
        ]),
      ).to.deep.equal([
        ['example.test/web:1', written[0]!.manifestDigest],
        ['example.test/web:stable', written[0]!.manifestDigest],
        ['example.test/api:2', written[1]!.manifestDigest],
      ]);
      const manifest = JSON.parse(String(blob(written[0]!.manifestDigest!)));
      expect(manifest.config).to.deep.equal({
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: written[0]!.configDigest,
        size: blob(written[0]!.configDigest).length,
      });
      const unpack = { none: (b: Buffer) => b, gzip: gunzipSync, zstd: zstdDecompressSync }[layerCompression];
      expect(
        manifest.layers.map((layer: { digest: string; size: number }) => [
          layer.size,
          `sha256:${sha256(unpack(blob(layer.digest)))}`,
        ]),
      ).to.deep.equal(written[0]!.diffIds.map((id, i) => [blob(manifest.layers[i].digest).length, id]));
    });
  }

  for (const format of ['docker-archive', 'oci'] as const) {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      it(`gives equal bytes for an equal directory at other times: ${format}, ${compression}`, async () => {
        for (const [name, seconds] of [
          ['one', 1_000_000],
          ['two', 2_000_000],
        ] as const) {
          await mkdir(at(`${name}/bin`), { recursive: true });
          const files = name === 'one' ? ['b', 'a'] : ['a', 'b'];
          for (const file of files) {
            await writeFile(at(`${name}/bin/${file}`), file.repeat(10_000));
            await chmod(at(`${name}/bin/${file}`), 0o755);
            await utimes(at(`${name}/bin/${file}`), seconds, seconds);
          }
          await symlink('a', at(`${name}/bin/c`));
          const image = { references: ['example.test/d:1'], layers: [{ directory: at(name) }] };
          await writeImageArchive(at(`${name}.out`), [image], {
            format,
            compression,
            layerCompression: 'gzip',
          });
        }
        const [one, two] = [await readFile(at('one.out')), await readFile(at('two.out'))];
        expect(sha256(one)).to.equal(sha256(two));
        const magic = { none: /^(?!1f8b|28b52ffd)/, gzip: /^1f8b/, zstd: /^28b52ffd/ }[compression];
        expect(one.subarray(0, 4).toString('hex')).to.match(magic);
      });
    }
  }

  it('packs entries sorted, owned by root, at the epoch, with the folders above them', async () => {
    const source = at('program');
    await writeFile(source, 'x'.repeat(200_000));
    const image: ImageSpec = {
      references: [],
      layers: [
        {
          entries: [
            { path: 'usr/bin/program', from: source },
            { path: 'tmp', directory: true, mode: 0o1777 },
            { path: 'bin', linkTo: 'usr/bin' },
          ],
        },
      ],
    };
    const [written] = await writeImageArchive(at('a.tar'), [image], { format: 'docker-archive' });
    const layer = (await readTar(at('a.tar'))).get(`${written!.diffIds[0]!.slice(7)}.tar`)!;
    await writeFile(at('layer.tar'), layer.bytes);
    expect(
      [...(await readTar(at('layer.tar'))).values()].map(({ header, bytes }) => [
        header.name,
        header.type,
        header.mode.toString(8),
        header.linkname,
        header.uid,
        header.gid,
        header.mtime.getTime(),
        bytes.length,
      ]),
    ).to.deep.equal([
      ['bin', 'symlink', '777', 'usr/bin', 0, 0, 0, 0],
      ['tmp/', 'directory', '1777', null, 0, 0, 0, 0],
      ['usr/', 'directory', '755', null, 0, 0, 0, 0],
      ['usr/bin/', 'directory', '755', null, 0, 0, 0, 0],
      ['usr/bin/program', 'file', '755', null, 0, 0, 0, 200_000],
    ]);
  });

  it('leaves neither an archive nor its parts behind when a layer cannot be made', async () => {
    const image = { references: [], layers: [{ directory: at('missing') }] };
    const failure = await writeImageArchive(at('a.tar'), [image], { format: 'oci' }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(HarnessError);
    expect(String(failure)).to.contain(at('missing'));
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('refuses an entry that leaves the root of the image', async () => {
    const image = { references: [], layers: [{ entries: [{ path: '../etc/passwd', content: '' }] }] };
    const failure = await writeImageArchive(at('a.tar'), [image], { format: 'oci' }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(HarnessError);
    expect(String(failure)).to.contain('"../etc/passwd"');
  });
});
