// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { contentKey } from '../../../harness/core/content-key.ts';

describe('contentKey', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const key = async (values = { flags: ['-s'] }): Promise<string> =>
    await contentKey({ paths: [at('src')], values, ignore: (path) => path.endsWith('.md') });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'content-key-'));
    await mkdir(at('src/sub'), { recursive: true });
    await writeFile(at('src/build.sh'), 'exit 0\n');
    await writeFile(at('src/sub/main.go'), 'package main\n');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('stays the same when only times, ignored files or the place of the folder change', async () => {
    const before = await key();
    await utimes(at('src/build.sh'), 1, 1);
    await writeFile(at('src/README.md'), 'words');
    expect(await key()).to.equal(before);
    await rename(at('src'), at('moved'));
    expect(
      await contentKey({
        paths: [at('moved')],
        values: { flags: ['-s'] },
        ignore: (path) => path.endsWith('.md'),
      }),
    ).to.equal(before);
    expect(before).to.match(/^[0-9a-f]{16}$/);
  });

  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['the content of a file', async () => await writeFile(at('src/sub/main.go'), 'package other\n')],
    ['the name of a file', async () => await rename(at('src/sub/main.go'), at('src/sub/other.go'))],
    ['the folder of a file', async () => await rename(at('src/sub/main.go'), at('src/main.go'))],
    ['whether a file is executable', async () => await chmod(at('src/build.sh'), 0o755)],
    ['a further file', async () => await writeFile(at('src/more'), '')],
    ['a link', async () => await symlink('build.sh', at('src/link'))],
  ];
  for (const [what, change] of changes) {
    it(`changes with ${what}`, async () => {
      const before = await key();
      await change();
      expect(await key()).to.not.equal(before);
    });
  }

  it('changes with a value, but not with the order in which values are given', async () => {
    const before = await contentKey({ paths: [], values: { a: '1', b: ['2', '3'] } });
    expect(await contentKey({ paths: [], values: { b: ['2', '3'], a: '1' } })).to.equal(before);
    expect(await contentKey({ paths: [], values: { a: '1', b: ['3', '2'] } })).to.not.equal(before);
  });
});
