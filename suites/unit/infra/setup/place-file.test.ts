// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { placeFile } from '../../../../infra/setup/place-file.ts';

describe('placeFile', () => {
  it('links the file into place, replaces another one, and leaves nothing beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'place-file-'));
    try {
      const [one, two, target] = [
        join(folder, 'one'),
        join(folder, 'two'),
        join(folder, 'bundle/images/a.tar'),
      ];
      await writeFile(one, 'first');
      await writeFile(two, 'second');
      await placeFile(one, target);
      expect(await readFile(target, 'utf8')).to.equal('first');
      await placeFile(two, target);
      await placeFile(two, target);
      expect(await readFile(target, 'utf8')).to.equal('second');
      expect((await stat(target)).ino).to.equal((await stat(two)).ino);
      expect(await readdir(join(folder, 'bundle/images'))).to.deep.equal(['a.tar']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
