// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { airgap } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';
import { choose, refusal } from './choose.ts';

/** A boot record and nothing behind it. */
function rawDisk(): Buffer {
  const disk = Buffer.alloc(2 ** 20);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

describe('a node image that fits no node of that provider', () => {
  before(function () {
    needs(this, 'root', 'k3s', 'vm');
  });

  it('a disk, where nodes have this machine’s kernel', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-disk-'));
    const disk = join(dir.path, 'disk.raw');
    await writeFile(disk, rawDisk());
    for (const provider of ['netns', 'container'] as const) {
      expect(await refusal(choose(disk, dir.path, provider))).to.equal(
        `node image "${disk}" is a disk, of which a virtual machine can be made, but no node of provider ${provider}`,
      );
    }
  });

  it('a root file system or an archive, where nodes need a kernel of their own', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-disk-'));
    const archive = join(dir.path, 'image.tar');
    await writeFile(archive, Buffer.alloc(1024));
    for (const other of [dir.path, archive, 'docker-daemon:site.example/node:1']) {
      expect(await refusal(choose(other, dir.path, 'vm'))).to.equal(
        `node image "${other}" is no disk: a virtual machine cannot be made of it, for want of a kernel`,
      );
    }
  });

  it('a disk that lies in two files: nothing is read that an image names', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-disk-'));
    const disk = join(dir.path, 'overlay.qcow2');
    await execa('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-u',
      '-b',
      '/etc/shadow',
      '-F',
      'raw',
      disk,
      '1M',
    ]);
    expect(await refusal(choose(disk, dir.path, 'vm'))).to.equal(
      `node image "${disk}" cannot be used: it is an overlay of another file (a backing file)`,
    );
  });

  it('is one error of the command, exit code 2, with what to do', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-disk-'));
    const disk = join(dir.path, 'disk.raw');
    await writeFile(disk, rawDisk());
    const out = join(dir.path, 'run');
    const { exitCode, stderr } = await airgap([
      'test',
      'examples/clean',
      '--provider',
      'netns',
      '--node-image',
      disk,
      '--out',
      out,
    ]);
    expect(exitCode, stderr).to.equal(2);
    expect(stderr).to.contain('is a disk').and.to.contain('use --provider vm');
    expect(stderr.match(/^error:/gm)).to.have.length(1);
  });
});
