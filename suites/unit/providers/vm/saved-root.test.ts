// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { forgetUnused } from '../../../../harness/providers/vm/saved-root.ts';

const DAY_S = 24 * 3600;

describe('machines that a user without root saved', () => {
  it('are kept for a month after they were used last', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'saved-'));
    const now = Date.now() / 1000;
    for (const [name, days] of [
      ['old', 31],
      ['used', 29],
    ] as const) {
      await mkdir(join(dir.path, name));
      await writeFile(join(dir.path, name, 'memory'), 'x');
      await utimes(join(dir.path, name), now, now - days * DAY_S);
    }
    await forgetUnused(dir.path, now * 1000);
    expect(await readdir(dir.path)).to.deep.equal(['used']);
  });

  it('may be none at all', async () => {
    await forgetUnused('/nowhere/at/all', Date.now());
  });
});
