// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtempDisposable, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airgap } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';
import { choose, refusal } from './choose.ts';

const PROGRAMS =
  'sh cat chmod dirname grep mkdir mv rm setsid sleep stat tail tar runc mount umount iptables iptables-save iptables-restore'.split(
    ' ',
  );

/** A folder with programs that are never run, and an os-release. */
async function fakeRoot(folder: string, without: readonly string[] = []): Promise<string> {
  await mkdir(join(folder, 'usr/bin'), { recursive: true });
  await mkdir(join(folder, 'etc'));
  await writeFile(join(folder, 'etc/os-release'), 'PRETTY_NAME="Site Linux 3"\n');
  for (const name of PROGRAMS) {
    if (!without.includes(name)) await writeFile(join(folder, 'usr/bin', name), '#!x\n', { mode: 0o755 });
  }
  return folder;
}

describe('what a node needs of its root', function rootNeeds() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'root', 'k3s');
  });

  it('takes a root that has all of it, named by its os-release', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const { facts } = await choose(await fakeRoot(join(dir.path, 'root')), dir.path);
    expect(facts.os).to.equal('Site Linux 3');
  });

  for (const name of PROGRAMS) {
    it(`misses ${name}`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
      const root = await fakeRoot(join(dir.path, 'root'), [name]);
      expect(await refusal(choose(root, dir.path))).to.equal(
        `the node image "${root}" (Site Linux 3) lacks: ${name}`,
      );
    });
  }

  it('misses what a container is started by, only where nodes are containers', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const root = await fakeRoot(join(dir.path, 'root'));
    expect((await choose(root, dir.path)).facts.os).to.equal('Site Linux 3');
    expect(await refusal(choose(root, dir.path, 'container'))).to.equal(
      `the node image "${root}" (Site Linux 3) lacks: env`,
    );
  });

  it('refuses what is in the way of a folder of the node: a file, or a link to nowhere or out of the root', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const root = await fakeRoot(join(dir.path, 'root'));
    await mkdir(join(root, 'var/lib/kubelet'), { recursive: true });
    await mkdir(join(root, 'data/logs'), { recursive: true });
    await symlink('/data/logs', join(root, 'var/log'));
    await choose(root, dir.path);

    await rm(join(root, 'var/log'));
    await symlink(dir.path, join(root, 'var/log')); // is there on this machine, not in the root
    await symlink('../gone', join(root, 'var/lib/cni'));
    await writeFile(join(root, 'var/lib/rancher'), '');
    expect(await refusal(choose(root, dir.path))).to.equal(
      `the node image "${root}" (Site Linux 3) has in the way of a node's folders, as neither a folder nor a link to one: /var/lib/rancher, /var/lib/cni, /var/log`,
    );
    await rm(join(root, 'var'), { recursive: true });
    await symlink('/nowhere', join(root, 'var'));
    expect(await refusal(choose(root, dir.path))).to.match(/: \/var$/);
  });

  it('airgap test: one error names all that is missing, exit code 2, nothing was started', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const out = join(dir.path, 'run');
    const root = await fakeRoot(join(dir.path, 'root'), ['iptables', 'tar', 'runc']);
    const { exitCode, stdout, stderr } = await airgap([
      'test',
      'examples/clean',
      '--node-image',
      root,
      '--out',
      out,
    ]);
    expect(exitCode, stderr).to.equal(2);
    expect(stderr).to.contain('lacks: tar, runc, iptables').and.to.contain('docs/node-image.md');
    expect(stderr.match(/^error:/gm)).to.have.length(1);
    expect(stdout).to.equal('');
    expect(existsSync(out)).to.equal(false);
  });

  it('finds programs through links that are absolute inside the root, and none of this machine through them', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const root = await fakeRoot(join(dir.path, 'root'), ['iptables', 'runc']);
    await mkdir(join(root, 'etc/alternatives'));
    await writeFile(join(root, 'usr/bin/iptables-nft'), '#!x\n', { mode: 0o755 });
    await symlink('/usr/bin/iptables-nft', join(root, 'etc/alternatives/iptables'));
    await symlink('/etc/alternatives/iptables', join(root, 'usr/bin/iptables'));
    await symlink(process.execPath, join(root, 'usr/bin/runc')); // exists here, not there
    expect(await refusal(choose(root, dir.path))).to.match(/ lacks: runc$/);
  });

  it('shows no file of this machine in place of an os-release that is a link', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const root = await fakeRoot(join(dir.path, 'root'));
    const secret = join(dir.path, 'secret');
    await writeFile(secret, 'PRETTY_NAME="of the host"\n');
    for (const target of [secret, '../../secret']) {
      await rm(join(root, 'etc/os-release'));
      await symlink(target, join(root, 'etc/os-release'));
      expect((await choose(root, dir.path)).facts.os, target).to.equal(null);
    }
  });

  it('refuses a root for another machine, a folder that is no root, and a path where nothing is', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const root = await fakeRoot(join(dir.path, 'root'), ['sh']);
    await cp(process.execPath, join(root, 'usr/bin/sh'), { dereference: true });
    await using file = await open(join(root, 'usr/bin/sh'), 'r+');
    await file.write(Buffer.from([0xb7, 0x00]), 0, 2, 18); // EM_AARCH64
    expect(await refusal(choose(root, dir.path))).to.contain('its sh cannot run on linux/amd64');

    await mkdir(join(dir.path, 'empty'));
    expect(await refusal(choose(join(dir.path, 'empty'), dir.path))).to.contain('is no root file system');
    expect(await refusal(choose(join(dir.path, 'gone'), dir.path))).to.contain('no such file or directory');
  });

  it('gives a folder another digest when a byte, a mode or a name in it changes, and the same for another time', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const digest = async (change: (root: string) => Promise<void>): Promise<string> => {
      await using one = await mkdtempDisposable(join(dir.path, 'r-'));
      await change(await fakeRoot(one.path));
      return (await choose(one.path, dir.path)).facts.digest;
    };
    const plain = await digest(async () => {});
    expect(
      await digest(
        async (root) => await writeFile(join(root, 'etc/os-release'), 'PRETTY_NAME="Site Linux 3"\n'),
      ),
    ).to.equal(plain);
    expect(
      await digest(
        async (root) => await writeFile(join(root, 'etc/os-release'), 'PRETTY_NAME="Site Linux 4"\n'),
      ),
    ).not.to.equal(plain);
    expect(await digest(async (root) => await writeFile(join(root, 'etc/more'), ''))).not.to.equal(plain);
    expect(
      await digest(async (root) => {
        await chmod(join(root, 'usr/bin/sh'), 0o4755);
      }),
    ).not.to.equal(plain);
  });
});
