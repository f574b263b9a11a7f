// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtempDisposable,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bootSite, sh, type TestNode } from '../providers/fixture.ts';
import { forEachProvider } from './each-provider.ts';

forEachProvider('files of a node', (provider) => {
  let site: TestNode;
  before(async () => {
    site = await bootSite({ provider });
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  it('upload keeps content and mode of a file, and names, links and modes of a folder; root owns it', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-upload-'));
    const from = join(dir.path, 'tree');
    await mkdir(join(from, 'a b', 'empty'), { recursive: true });
    await writeFile(join(from, 'a b', 'run.sh'), 'echo ran\n');
    await chmod(join(from, 'a b', 'run.sh'), 0o750);
    await chown(join(from, 'a b', 'run.sh'), 1234, 1234);
    await symlink('run.sh', join(from, 'a b', 'link'));
    await site.node.upload(from, '/srv/new/tree');
    await site.node.upload(join(from, 'a b', 'run.sh'), '/srv/other/place/tool');
    expect(
      await sh(site.node, 'cd /srv/new/tree && find . -mindepth 1 -printf "%p %y %m %U\\n" | sort'),
    ).to.equal(
      ['./a b d 755 0', './a b/empty d 755 0', './a b/link l 777 0', './a b/run.sh f 750 0'].join('\n'),
    );
    expect(
      await sh(
        site.node,
        'stat -c "%a %u" /srv/other/place/tool; /srv/other/place/tool; "/srv/new/tree/a b/link"',
      ),
    ).to.equal('750 0\nran\nran');
    const error = await site.node.upload(join(dir.path, 'none'), '/x').catch(String);
    expect(error).to.include(`cannot copy "${dir.path}/none" into node "n1"`);
  });

  it('writeFile makes folders, keeps the content as it is, and sets the mode', async () => {
    await site.node.writeFile('/etc/deep/down/secret', 'x: "$HOME"\n', 0o600);
    expect(await sh(site.node, 'stat -c %a /etc/deep/down/secret; cat /etc/deep/down/secret')).to.equal(
      '600\nx: "$HOME"',
    );
    const refused = await site.node.writeFile('/proc/none', 'x').catch(String);
    expect(refused).to.include('cannot write /proc/none in node "n1"');
  });

  it('what goes up comes down the same: 5 MB of noise, with its mode', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-download-'));
    const [up, down] = [join(dir.path, 'up'), join(dir.path, 'down')];
    const noise = randomBytes(5_000_000);
    await writeFile(up, noise);
    await chmod(up, 0o640);
    await site.node.upload(up, '/srv/noise');
    await writeFile(down, 'of before');
    await site.node.download('/srv/noise', down);
    expect(digest(await readFile(down))).to.equal(digest(noise));
    expect((await stat(down)).mode & 0o7777).to.equal(0o640);
    await sh(site.node, 'ln -s noise /srv/link; chmod 4755 /srv/noise');
    await site.node.download('/srv/link', down);
    expect(((await stat(down)).mode & 0o7777).toString(8), 'no set-id bit comes out').to.equal('755');
    expect(digest(await readFile(down))).to.equal(digest(noise));
  });

  it('what cannot come down is said so, and the host’s file stays as it was', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-download-'));
    const to = join(dir.path, 'to');
    await writeFile(to, 'of before');
    for (const from of ['/no/such/file', '/etc', '/dev/zero']) {
      const error = await site.node.download(from, to).catch(String);
      expect(error).to.include(`cannot copy "${from}" of node "n1" to "${to}": it is no file`);
    }
    // A file of the kernel that can be seen and not read.
    const unreadable = await site.node.download('/proc/self/mem', to).catch(String);
    expect(unreadable).to.include('cannot copy "/proc/self/mem"').and.include('Input/output error');
    expect(await readdir(dir.path)).to.deep.equal(['to']);
    expect(await readFile(to, 'utf8')).to.equal('of before');
  });
});

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
