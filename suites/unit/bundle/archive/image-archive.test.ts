// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { readBytes, refusal } from '../support/archive-file.ts';
import {
  type Blob,
  blob,
  config,
  descriptor,
  hex,
  layer,
  layout,
  manifest,
  sha256,
  STORED,
  TYPES,
} from '../support/image-parts.ts';
import { dockerSave } from '../support/producers.ts';
import { type RawMember, rawTar } from '../support/raw-tar.ts';

const LAYER = layer('hello');
const CONFIG = config([LAYER]);
const NAME = { annotations: { 'org.opencontainers.image.ref.name': 'shop.example/web:1' } };
const OTHER = sha256('other');

/** A docker-archive with one image; each part may be replaced. */
function dockerArchive(
  parts: {
    readonly entry?: object;
    readonly config?: string;
    readonly layer?: string | Buffer;
    readonly more?: RawMember[];
  } = {},
): Buffer {
  const text = parts.config ?? CONFIG;
  const entry = { Config: 'c.json', RepoTags: ['shop.example/web:1'], Layers: ['l.tar'], ...parts.entry };
  return rawTar([
    { name: 'manifest.json', content: JSON.stringify([entry]) },
    { name: 'c.json', content: text },
    { name: 'l.tar', content: parts.layer ?? LAYER },
    ...(parts.more ?? []),
  ]);
}

/** An image layout with one image; each part may be replaced. */
function ociArchive(
  parts: {
    readonly config?: string;
    readonly layer?: Blob;
    readonly manifest?: (made: Blob) => Blob;
    readonly entry?: object;
    readonly drop?: Blob;
    readonly more?: RawMember[];
  } = {},
): Buffer {
  const configBlob = blob(TYPES.config, parts.config ?? CONFIG);
  const stored = parts.layer ?? STORED.plain(LAYER);
  const made = manifest(configBlob, [stored]);
  const used = parts.manifest?.(made) ?? made;
  const blobs = [configBlob, stored, used].filter(({ digest }) => digest !== parts.drop?.digest);
  return rawTar([...layout([descriptor(used, { ...NAME, ...parts.entry })], blobs), ...(parts.more ?? [])]);
}

describe('image archives', () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'airgap-archives-'));
  after(() => folder[Symbol.dispose]());
  const refuse = async (bytes: Buffer): Promise<string> => await refusal(readBytes(folder.path, bytes));

  const compressors: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    plain: (bytes) => bytes,
    gzip: (bytes) => gzipSync(bytes),
    'gzip in two members': (bytes) =>
      Buffer.concat([gzipSync(bytes.subarray(0, 1000)), gzipSync(bytes.subarray(1000))]),
    zstd: (bytes) => zstdCompressSync(bytes),
    'zstd in two frames': (bytes) =>
      Buffer.concat([zstdCompressSync(bytes.subarray(0, 1000)), zstdCompressSync(bytes.subarray(1000))]),
    'zstd after a skippable frame': (bytes) =>
      Buffer.concat([Buffer.from('502a4d1802000000abcd', 'hex'), zstdCompressSync(bytes)]),
    'zstd --long=28': (bytes) =>
      execFileSync('zstd', ['-q', '--ultra', '-1', '--long=28', '-c'], { input: bytes }),
    bzip2: (bytes) => execFileSync('bzip2', ['-c'], { input: bytes }),
    lz4: (bytes) => execFileSync('lz4', ['-q', '-c'], { input: bytes }),
  };
  for (const [name, compress] of Object.entries(compressors)) {
    it(`are read when they are ${name}, whatever their name says`, async function () {
      const archive = dockerSave();
      let bytes: Buffer;
      try {
        bytes = compress(archive);
      } catch {
        return this.skip(); // the program is not installed; `npm run setup` installs zstd alone
      }
      const { file, images } = await readBytes(folder.path, bytes);
      expect(file).to.deep.equal({ digest: sha256(bytes), size: bytes.length });
      expect(images.map(({ reference }) => reference)).to.deep.equal([
        'docker.io/library/one:1',
        'docker.io/shop/two:2',
        'docker.io/library/two:latest',
      ]);
    });
  }

  for (const stored of ['plain', 'gzip', 'zstd'] as const) {
    it(`may hold ${stored} layers in an image layout`, async () => {
      const { images } = await readBytes(folder.path, ociArchive({ layer: STORED[stored](LAYER) }));
      expect(images.map(({ reference, layers }) => [reference, layers])).to.deep.equal([
        ['shop.example/web:1', 1],
      ]);
    });
  }

  it('have images without a name: a docker-archive without tags, an image layout with a bare tag', async () => {
    const docker = await readBytes(folder.path, dockerArchive({ entry: { RepoTags: null } }));
    const bare = { annotations: { 'org.opencontainers.image.ref.name': '1.0' } };
    const oci = await readBytes(folder.path, ociArchive({ entry: bare }));
    expect([...docker.images, ...oci.images].map(({ reference }) => reference)).to.deep.equal([null, null]);
  });

  it('may be bound to a platform variant, and to none at all', async () => {
    const v3 = config([LAYER], { variant: 'v3' });
    const none = config([LAYER], { architecture: undefined, os: undefined });
    const read = async (text: string): Promise<unknown> =>
      (await readBytes(folder.path, dockerArchive({ config: text }))).images[0]?.platform;
    expect([await read(v3), await read(none)]).to.deep.equal(['linux/amd64/v3', null]);
  });

  it('may hold an image with no layers, and the same file twice', async () => {
    const empty = config([]);
    const bytes = dockerArchive({
      config: empty,
      entry: { Layers: null },
      more: [{ name: './c.json', content: empty }],
    });
    expect(
      (await readBytes(folder.path, bytes)).images.map(({ layers, size }) => [layers, size]),
    ).to.deep.equal([[0, 0]]);
  });

  const wrongLayer = layer('tampered');
  const refused: readonly { readonly what: string; readonly bytes: () => Buffer; readonly says: string }[] = [
    { what: 'an empty file', bytes: () => Buffer.alloc(0), says: 'it is empty' },
    {
      what: 'something else',
      bytes: () => Buffer.from('manifest.json'.repeat(100)),
      says: 'it is no tar archive',
    },
    {
      what: 'a tar of something else',
      bytes: () => rawTar([{ name: 'README', content: 'x' }]),
      says: 'it holds neither manifest.json nor oci-layout, but "README": it is no image archive',
    },
    {
      what: 'a tar with nothing in it',
      bytes: () => rawTar([]),
      says: 'it holds neither manifest.json nor oci-layout: it is no image archive',
    },
    {
      what: 'an image layout without its marker',
      bytes: () => rawTar([{ name: 'index.json', content: '{"manifests":[]}' }]),
      says: 'it has an index.json but no oci-layout file, so K3s does not take it for an image layout',
    },
    {
      what: 'gzip with something behind it',
      bytes: () => Buffer.concat([gzipSync(dockerSave()), Buffer.alloc(20)]),
      says: 'something else follows its gzip data, which K3s does not accept',
    },
    {
      what: 'damaged gzip',
      bytes: () => Buffer.concat([gzipSync(dockerSave()).subarray(0, 30), Buffer.alloc(200, 0xff)]),
      says: 'its gzip data is damaged: invalid bit length repeat',
    },
    {
      what: 'xz',
      bytes: () => Buffer.from('fd377a585a000004', 'hex'),
      says: 'it is compressed with xz, which K3s does not import; compress it with zstd or gzip',
    },
    {
      what: 'no images',
      bytes: () => rawTar([{ name: 'manifest.json', content: '[]' }]),
      says: 'there is no image in it',
    },
    {
      what: 'a manifest.json that is no JSON',
      bytes: () => rawTar([{ name: 'manifest.json', content: '[{' }]),
      says: `manifest "manifest.json" is not valid JSON: Expected property name or '}' in JSON at position 2 (line 1 column 3)`,
    },
    {
      what: 'a manifest.json of another shape',
      bytes: () => rawTar([{ name: 'manifest.json', content: '[{"Layers":[]}]' }]),
      says: 'manifest "manifest.json" is malformed at "[0].Config": Invalid input: expected string, received undefined',
    },
    {
      what: 'a huge document',
      bytes: () => rawTar([{ name: 'manifest.json', content: `[${' '.repeat(5 * 2 ** 20)}]` }]),
      says: 'manifest "manifest.json" has 5242882 bytes; at most 4194304 are read',
    },
    {
      what: 'a missing configuration',
      bytes: () => dockerArchive({ entry: { Config: 'x.json' } }),
      says: 'configuration of image "shop.example/web:1", "x.json", is missing from it',
    },
    {
      what: 'a missing layer',
      bytes: () => dockerArchive({ entry: { Layers: ['x.tar'] } }),
      says: 'layer 1 of image "shop.example/web:1", "x.tar", is missing from it',
    },
    {
      what: 'a layer whose link leads nowhere',
      bytes: () =>
        dockerArchive({
          entry: { Layers: ['x.tar'] },
          more: [{ name: 'x.tar', flag: '2', linkName: 'gone.tar' }],
        }),
      says: 'layer 1 of image "shop.example/web:1", "x.tar", is a link to "gone.tar", which is missing from it',
    },
    {
      what: 'links in a circle',
      bytes: () =>
        dockerArchive({
          entry: { Layers: ['x.tar'] },
          more: [{ name: 'x.tar', flag: '1', linkName: 'x.tar' }],
        }),
      says: '"x.tar" is a link that leads in a circle',
    },
    {
      what: 'a layer with other content',
      bytes: () => dockerArchive({ layer: wrongLayer }),
      says: `layer 1 of image "shop.example/web:1" ("l.tar") has the digest ${sha256(wrongLayer)}, but the configuration says "${sha256(LAYER)}"`,
    },
    {
      what: 'a compressed layer that is damaged',
      bytes: () => dockerArchive({ layer: gzipSync(LAYER).subarray(0, -5) }),
      says: 'layer 1 of image "shop.example/web:1" ("l.tar") cannot be unpacked: its gzip data is cut off',
    },
    {
      what: 'fewer layers than the configuration lists',
      bytes: () => dockerArchive({ entry: { Layers: [] } }),
      says: 'image "shop.example/web:1" has 0 layers, but its configuration lists 1',
    },
    {
      what: 'a configuration that is not what its name says',
      bytes: () =>
        dockerArchive({
          entry: { Config: `${hex(OTHER)}.json` },
          more: [{ name: `${hex(OTHER)}.json`, content: CONFIG }],
        }),
      says: `configuration of image "shop.example/web:1" is named "${hex(OTHER)}.json", but its digest is ${sha256(CONFIG)}`,
    },
    {
      what: 'a name that is none',
      bytes: () => dockerArchive({ entry: { RepoTags: ['Shop/Web:1'] } }),
      says: '"Shop/Web:1" in manifest.json is no image reference',
    },
    {
      what: 'another platform',
      bytes: () => dockerArchive({ config: config([LAYER], { architecture: 'arm64' }) }),
      says: 'image "shop.example/web:1" is for linux/arm64; the nodes of this harness are linux/amd64',
    },
    {
      what: 'two different files of one name',
      bytes: () => dockerArchive({ more: [{ name: 'l.tar', content: 'other' }] }),
      says: 'member "l.tar" is in it twice with different content',
    },
    {
      what: 'a file and a link of one name',
      bytes: () => dockerArchive({ more: [{ name: 'l.tar', flag: '2', linkName: 'c.json' }] }),
      says: 'member "l.tar" is in it twice with different content',
    },
    {
      what: 'a path that leads out',
      bytes: () => dockerArchive({ more: [{ name: 'a/../../etc/passwd', content: 'x' }] }),
      says: 'member "a/../../etc/passwd" leads out of the archive',
    },
    {
      what: 'an absolute path',
      bytes: () => dockerArchive({ more: [{ name: '/etc/passwd', content: 'x' }] }),
      says: 'member "/etc/passwd" leads out of the archive',
    },
    {
      what: 'a link that leads out',
      bytes: () => dockerArchive({ more: [{ name: 'a/x', flag: '2', linkName: '../../x' }] }),
      says: 'member "../x" leads out of the archive',
    },
    {
      what: 'a blob that is not what its name says',
      bytes: () => ociArchive({ more: [{ name: `blobs/sha256/${hex(OTHER)}`, content: 'x' }] }),
      says: `blob "blobs/sha256/${hex(OTHER)}" has the digest ${sha256('x')}`,
    },
    {
      what: 'a blob that is a link',
      bytes: () => ociArchive({ more: [{ name: `blobs/sha256/${hex(OTHER)}`, flag: '2', linkName: 'x' }] }),
      says: `blob "blobs/sha256/${hex(OTHER)}" is a link; it must be a file`,
    },
    {
      what: 'an image layout of another version',
      bytes: () => rawTar([{ name: 'oci-layout', content: '{"imageLayoutVersion":"2.0.0"}' }]),
      says: 'layout marker "oci-layout" is malformed at "imageLayoutVersion": Invalid input: expected "1.0.0"',
    },
    {
      what: 'an image layout without a layer',
      bytes: () => ociArchive({ drop: STORED.plain(LAYER) }),
      says: `layer 1 of image "shop.example/web:1", "blobs/sha256/${hex(sha256(LAYER))}", is missing from it`,
    },
    {
      what: 'an image layout without a configuration',
      bytes: () => ociArchive({ drop: blob(TYPES.config, CONFIG) }),
      says: `configuration of image "shop.example/web:1", "blobs/sha256/${hex(sha256(CONFIG))}", is missing from it`,
    },
    {
      what: 'a descriptor with another size',
      bytes: () => ociArchive({ entry: { size: 1 } }),
      says: `manifest of image "shop.example/web:1" has ${manifest(blob(TYPES.config, CONFIG), [STORED.plain(LAYER)]).size} bytes, but its descriptor says 1`,
    },
    {
      what: 'a digest that cannot be verified',
      bytes: () => ociArchive({ entry: { digest: `sha512:${'0'.repeat(128)}` } }),
      says: `manifest of image "shop.example/web:1" has the digest "sha512:${'0'.repeat(69)}...; only sha256 can be verified`,
    },
    {
      what: 'diff_ids of another layer',
      bytes: () => ociArchive({ config: config([wrongLayer]), layer: STORED.gzip(LAYER) }),
      says: `layer 1 of image "shop.example/web:1" ("blobs/sha256/${hex(STORED.gzip(LAYER).digest)}") has the digest ${sha256(LAYER)}, but the configuration says "${sha256(wrongLayer)}"`,
    },
    {
      what: 'layers that must be fetched',
      bytes: () =>
        ociArchive({
          manifest: () =>
            blob(
              TYPES.manifest,
              JSON.stringify({
                config: descriptor(blob(TYPES.config, CONFIG)),
                layers: [
                  {
                    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
                    digest: OTHER,
                    size: 5,
                    urls: ['https://layers.example/1'],
                  },
                ],
              }),
            ),
        }),
      says: 'layer 1 of image "shop.example/web:1" is not in the archive by design: it must be fetched from "https://layers.example/1"',
    },
    {
      what: 'a layer of an unknown type',
      bytes: () => ociArchive({ layer: blob('application/vnd.oci.image.layer.v1.tar+encrypted', LAYER) }),
      says: 'layer 1 of image "shop.example/web:1" has the media type "application/vnd.oci.image.layer.v1.tar+encrypted", which is no layer\'s',
    },
    {
      what: 'an image layout for other platforms only',
      bytes: () => {
        const others = ['arm64', 's390x'].map((architecture) =>
          descriptor(blob(TYPES.manifest, architecture), { platform: { os: 'linux', architecture } }),
        );
        const index = blob(TYPES.index, JSON.stringify({ manifests: others }));
        return ociArchive({ manifest: () => index });
      },
      says: 'image "shop.example/web:1" is for linux/arm64, linux/s390x; the nodes of this harness are linux/amd64',
    },
    {
      what: 'indexes in indexes without end',
      bytes: () => {
        let inner = blob(TYPES.index, '{"manifests":[]}');
        const indexes = [inner];
        for (let depth = 0; depth < 6; depth += 1) {
          inner = blob(TYPES.index, JSON.stringify({ manifests: [descriptor(inner)] }));
          indexes.push(inner);
        }
        return rawTar(layout([descriptor(inner, NAME)], indexes));
      },
      says: 'image "shop.example/web:1" has indexes nested more than 5 deep',
    },
    {
      what: 'a manifest that is neither manifest nor index',
      bytes: () => ociArchive({ manifest: () => blob(TYPES.manifest, '{}') }),
      says: `manifest of image "shop.example/web:1", "blobs/sha256/${hex(sha256('{}'))}" is malformed: it is neither an image index nor an image manifest`,
    },
  ];
  for (const { what, bytes, says } of refused) {
    it(`are refused: ${what}`, async () => {
      expect(await refuse(bytes())).to.equal(says);
    });
  }
});
