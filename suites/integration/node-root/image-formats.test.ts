// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, link, mkdir, mkdtempDisposable, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAssets } from '../../../harness/core/assets.ts';
import { readNodeImage } from '../../../harness/run/node-image/read-node-image.ts';
import { keepUnpacked } from '../../../harness/run/node-image/unpacked-images.ts';
import { treeDigest } from '../../../harness/run/node-image/tree-digest.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';
import {
  blob,
  config,
  descriptor,
  layout,
  manifest,
  sha256,
  STORED,
  TYPES,
} from '../../unit/bundle/support/image-parts.ts';
import { type RawMember, rawTar } from '../../unit/bundle/support/raw-tar.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { choose, refusal } from './choose.ts';

/** A small tree with each kind of thing that a distribution's packages bring. */
async function makeTree(folder: string): Promise<string> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin/su'), 'su');
  await link(join(folder, 'bin/su'), join(folder, 'bin/su-too'));
  await symlink('/bin/su', join(folder, 'bin/absolute'));
  await writeFile(join(folder, 'bin/mail'), 'mail');
  await chown(join(folder, 'bin/mail'), 8, 12);
  await chmod(join(folder, 'bin/mail'), 0o2755);
  await chmod(join(folder, 'bin/su'), 0o4755);
  await mkdir(join(folder, 'tmp'));
  await chmod(join(folder, 'tmp'), 0o1777);
  return folder;
}

/** The one layer of an image of a tree, and the members of an archive that holds it. */
async function imageOf(
  tree: string,
  format: 'docker-archive' | 'oci',
  stored: keyof typeof STORED,
): Promise<[layer: Buffer, members: RawMember[]]> {
  const { stdout } = await execa('tar', ['-C', tree, '-cf', '-', '.'], { encoding: 'buffer' });
  const layer = Buffer.from(stdout);
  const text = config([layer]);
  if (format === 'docker-archive') {
    const manifests = [{ Config: 'config.json', RepoTags: ['site.example/node:1'], Layers: ['l/layer.tar'] }];
    const members = [
      { name: 'l/layer.tar', content: layer },
      { name: 'config.json', content: text },
      { name: 'manifest.json', content: JSON.stringify(manifests) },
    ];
    return [layer, members];
  }
  const image = blob(TYPES.config, text);
  const content = STORED[stored](layer);
  const one = manifest(image, [content]);
  return [layer, layout([descriptor(one)], [content, one, image])];
}

describe('what a node image may be', function formats() {
  this.timeout(120_000);
  before(function () {
    needs(this, 'root', 'k3s');
  });

  const COMPRESS = {
    plain: (bytes: Buffer) => bytes,
    gzip: (bytes: Buffer) => gzipSync(bytes),
    zstd: (bytes: Buffer) => zstdCompressSync(bytes),
  } as const;
  for (const format of ['docker-archive', 'oci'] as const) {
    for (const compression of ['plain', 'gzip', 'zstd'] as const) {
      it(`${format}, ${compression}: content, modes, owners, hard links and links as they were`, async () => {
        await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-image-'));
        const tree = await makeTree(join(dir.path, 'tree'));
        const { agent } = await readAssets(REPO_ROOT);
        const [layer, members] = await imageOf(tree, format, compression);
        const path = join(dir.path, 'image');
        await writeFile(path, COMPRESS[compression](rawTar(members)));
        const given = await readNodeImage(path, 'archive');
        expect(given.layers.map(({ diffId }) => diffId)).to.deep.equal([sha256(layer)]);
        const root = await keepUnpacked(given, { cache: dir.path, agent });
        expect(await treeDigest(root)).to.equal(await treeDigest(tree));
        if (format !== 'oci') return;
        const folderPath = join(dir.path, 'layout');
        await mkdir(folderPath);
        await execa('tar', ['-C', folderPath, '-xf', path]);
        const folder = await readNodeImage(folderPath, 'oci-layout');
        expect(folder.configDigest).to.equal(given.configDigest);
        const again = await keepUnpacked(folder, { cache: join(dir.path, 'other'), agent });
        expect(await treeDigest(again)).to.equal(await treeDigest(tree));
      });
    }
  }

  it('refuses several images, one for another machine, one that is damaged, and what is none', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-image-'));
    const entry = (content: string): object => ({ entries: [{ path: 'x', content }] });
    const make = async (name: string, ...images: readonly object[]): Promise<string> => {
      const path = join(dir.path, name);
      await writeImageArchive(path, images as never, { format: 'oci' });
      return path;
    };
    const two = await make(
      'two',
      { references: ['a.example/a:1'], layers: [entry('1')] },
      { references: ['a.example/b:1'], layers: [entry('2')] },
    );
    expect(await refusal(choose(two, dir.path))).to.match(
      /several images: "a\.example\/a:1", "a\.example\/b:1"/,
    );
    const arm = await make('arm', { references: [], layers: [entry('1')], architecture: 'arm64' });
    expect(await refusal(choose(arm, dir.path))).to.contain('linux/arm64');
    const damaged = join(dir.path, 'damaged');
    await writeFile(damaged, 'no archive at all, but long enough to be read as if it were one');
    expect(await refusal(choose(damaged, dir.path))).to.contain('cannot be used');
    await writeFile(join(dir.path, 'empty'), '');
    expect(await refusal(choose(join(dir.path, 'empty'), dir.path))).to.contain('it is empty');
    const folderPath = join(dir.path, 'layout');
    await mkdir(folderPath);
    await execa('tar', ['-C', folderPath, '-xf', arm.replace(/arm$/, 'two')]);
    const [name] = await readdir(join(folderPath, 'blobs/sha256'));
    await writeFile(join(folderPath, 'blobs/sha256', name ?? ''), 'changed');
    expect(await refusal(choose(folderPath, dir.path))).to.contain('has the digest');
  });

  it('killed while it unpacks: nothing looks finished, and the next run makes it and cleans up', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-image-'));
    const { agent, nodeImage } = await readAssets(REPO_ROOT);
    const archive = join(dir.path, 'node.tar');
    const image = { references: ['site.example/node:1'], layers: [{ directory: nodeImage }] };
    await writeImageArchive(archive, [image], { format: 'docker-archive' });
    const images = join(dir.path, 'node-images');
    const given = await readNodeImage(archive, 'archive');
    const whole = given.configDigest.replace('sha256:', '');
    const script = `
      import { keepUnpacked } from '${REPO_ROOT}/harness/run/node-image/unpacked-images.ts';
      await keepUnpacked(${JSON.stringify(given)}, ${JSON.stringify({ cache: dir.path, agent })});`;
    const child = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
    const halfWay = async (): Promise<boolean> => {
      const [name] = await readdir(images).catch(() => []);
      if (name === undefined) return false;
      return (await readdir(join(images, name, 'image/rootfs')).catch(() => [])).length > 3;
    };
    while (!(await halfWay())) await sleep(2);
    child.kill('SIGKILL');
    await child;
    const left = await readdir(images);
    expect(left).to.have.length(1);
    expect(left).not.to.include(whole);
    const [one, other] = await Promise.all(
      [1, 2].map(async () => await keepUnpacked(given, { cache: dir.path, agent })), // two runs at a time
    );
    expect(one).to.equal(other);
    expect(await readdir(images)).to.deep.equal([whole]);
    const undisturbed = await keepUnpacked(given, { cache: join(dir.path, 'other'), agent });
    expect(await treeDigest(one ?? '')).to.equal(await treeDigest(undisturbed));
  });
});
