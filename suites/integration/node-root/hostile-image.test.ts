// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdtempDisposable, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import {
  blob,
  config,
  layout,
  manifest,
  STORED,
  TYPES,
  descriptor,
} from '../../unit/bundle/support/image-parts.ts';
import { paxHeader, type RawMember, rawTar } from '../../unit/bundle/support/raw-tar.ts';
import { readAssets } from '../../../harness/core/assets.ts';
import { readNodeImage } from '../../../harness/run/node-image/read-node-image.ts';
import { keepUnpacked } from '../../../harness/run/node-image/unpacked-images.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { refusal } from './choose.ts';

/** `dir/in/cache` is where images are unpacked; `dir` and `dir/in` are what a hostile one would like to reach. */
async function unpack(dir: string, ...layers: readonly (readonly RawMember[])[]): Promise<string> {
  const plain = layers.map((members) => rawTar(members));
  const stored = plain.map((layer) => STORED.gzip(layer));
  const image = blob(TYPES.config, config(plain));
  const one = manifest(image, stored);
  const archive = join(dir, `image-${Math.random()}.tar`);
  await writeFile(archive, rawTar(layout([descriptor(one)], [image, one, ...stored])));
  const { agent } = await readAssets(REPO_ROOT);
  return await keepUnpacked(await readNodeImage(archive, 'archive'), { cache: join(dir, 'in/cache'), agent });
}

const folder = (name: string): RawMember => ({ name, flag: '5' });
const link = (name: string, linkName: string): RawMember => ({ name, flag: '2', linkName });
const hardLink = (name: string, linkName: string): RawMember => ({ name, flag: '1', linkName });
const file = (name: string, content = 'new'): RawMember => ({ name, content });

describe('unpacking an image of somebody else', function hostile() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'root', 'k3s');
  });

  const REFUSED: readonly {
    readonly what: string;
    readonly layer: readonly RawMember[];
    readonly says: RegExp;
  }[] = [
    {
      what: 'a name that leads out',
      layer: [file('../../victim')],
      says: /"\.\.\/\.\.\/victim" leads out of the image/,
    },
    {
      what: 'a name that leads out further down',
      layer: [file('a/../../victim')],
      says: /leads out of the image/,
    },
    {
      what: 'a long name that leads out',
      layer: [paxHeader({ path: '../victim' }), file('x')],
      says: /leads out of the image/,
    },
    {
      what: 'a hard link that leads out',
      layer: [hardLink('x', '../../victim')],
      says: /leads out of the image/,
    },
    { what: 'a hard link to what is not there', layer: [hardLink('x', 'victim')], says: /no such file/ },
    { what: 'a hard link to itself', layer: [file('x'), hardLink('x', 'x')], says: /itself/ },
    { what: 'a whiteout of the folder above', layer: [file('a/.wh...', '')], says: /whiteout of no file/ },
    { what: 'a root that is a link', layer: [link('./', '/')], says: /the root of an image is a folder/ },
    {
      what: 'a folder in place of a link to nowhere',
      layer: [link('a', '/nowhere'), file('a/b/x')],
      says: /entry "a\/b\/x"/,
    },
    { what: 'an unknown type', layer: [{ name: 'x', flag: 'Z' }], says: /unknown type/ },
  ];
  for (const { what, layer, says } of REFUSED) {
    it(`refuses ${what}, and leaves nothing`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-unpack-'));
      await writeFile(join(dir.path, 'victim'), 'old');
      expect(await refusal(unpack(dir.path, layer)))
        .to.match(/cannot be unpacked: layer 1: /)
        .and.match(says);
      expect(await readFile(join(dir.path, 'victim'), 'utf8')).to.equal('old');
      expect(await readdir(join(dir.path, 'in/cache/node-images'))).to.deep.equal([]);
    });
  }

  it('writes through links, relative and absolute, to what they mean inside the image', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-unpack-'));
    await writeFile(join(dir.path, 'victim'), 'old');
    const up = '../'.repeat(12);
    const root = await unpack(
      dir.path,
      [link('abs', dir.path), link('rel', `${up}${dir.path.slice(1)}`), folder(dir.path.slice(1))],
      [file('abs/victim', 'a'), file('rel/victim2', 'b'), file('/slash', 'c'), file('abs/.wh.victim3', '')],
    );
    expect(await readFile(join(dir.path, 'victim'), 'utf8')).to.equal('old');
    expect((await readdir(dir.path)).filter((name) => name.startsWith('victim'))).to.deep.equal(['victim']);
    expect(await readFile(join(root, dir.path, 'victim'), 'utf8')).to.equal('a');
    expect(await readFile(join(root, dir.path, 'victim2'), 'utf8')).to.equal('b');
    expect(await readFile(join(root, 'slash'), 'utf8')).to.equal('c');
    expect(await readlink(join(root, 'abs'))).to.equal(dir.path);
  });

  it('replaces a link by what a later entry puts in its place, never what it points to', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-unpack-'));
    const root = await unpack(dir.path, [
      file('real', 'old'),
      link('x', 'real'),
      file('x', 'new'),
      link('d', '/etc'),
      folder('d'),
    ]);
    expect(await readFile(join(root, 'real'), 'utf8')).to.equal('old');
    expect((await lstat(join(root, 'x'))).isFile()).to.equal(true);
    expect((await lstat(join(root, 'd'))).isDirectory()).to.equal(true);
  });

  it('takes away by whiteouts what lower layers brought, not what the layer itself brings', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-unpack-'));
    const root = await unpack(
      dir.path,
      [file('a/one'), file('a/two'), file('a/sub/three'), file('b/old'), file('b/sub/old'), file('c/old')],
      [
        file('a/.wh.one', ''),
        file('a/.wh.sub', ''),
        file('b/sub/new'), // before the mark and after it
        file('b/.wh..wh..opq', ''),
        file('b/new'),
        file('c/.wh..wh.plnk', ''),
      ],
    );
    const names = (await readdir(root, { recursive: true })).toSorted();
    expect(names).to.deep.equal(['a', 'a/two', 'b', 'b/new', 'b/sub', 'b/sub/new', 'c', 'c/old']);
  });

  it('leaves out devices and pipes, and keeps no attribute that would steer an overlay', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-unpack-'));
    const root = await unpack(dir.path, [
      { name: 'dev/sda', flag: '4' },
      { name: 'dev/null', flag: '3' },
      { name: 'pipe', flag: '6' },
      paxHeader({
        'SCHILY.xattr.trusted.overlay.redirect': '/etc',
        'SCHILY.xattr.security.capability': '\u0001\0\0\u0002\0\u0020\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
        'SCHILY.xattr.user.kept': 'yes',
      }),
      file('ping'),
    ]);
    expect((await readdir(root, { recursive: true })).toSorted()).to.deep.equal(['dev', 'ping']);
    const { stdout } = await execa('python3', [
      '-c',
      'import os, sys; print(sorted(os.listxattr(sys.argv[1])))',
      join(root, 'ping'),
    ]);
    expect(stdout).to.equal("['security.capability', 'user.kept']");
  });
});
