// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { subtractTree } from '../../../../infra/images/subtract-tree.ts';

describe('subtractTree', () => {
  it('leaves what the base does not have, or has otherwise, and no empty folders of the base', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'subtract-tree-'));
    try {
      for (const tree of ['base', 'tree']) {
        await mkdir(join(folder, tree, 'usr/lib'), { recursive: true });
        await mkdir(join(folder, tree, 'etc'), { recursive: true });
        await writeFile(join(folder, tree, 'usr/lib/libc.so'), 'same');
        await writeFile(join(folder, tree, 'etc/services'), 'same');
        await symlink('usr/lib', join(folder, tree, 'lib'));
      }
      await mkdir(join(folder, 'tree/usr/bin'));
      await mkdir(join(folder, 'tree/srv'));
      await writeFile(join(folder, 'tree/usr/bin/curl'), 'new');
      await writeFile(join(folder, 'tree/usr/lib/libc.so'), 'patched');
      await subtractTree(join(folder, 'tree'), join(folder, 'base'));
      expect((await readdir(join(folder, 'tree'), { recursive: true })).toSorted()).to.deep.equal([
        'srv',
        'usr',
        'usr/bin',
        'usr/bin/curl',
        'usr/lib',
        'usr/lib/libc.so',
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
