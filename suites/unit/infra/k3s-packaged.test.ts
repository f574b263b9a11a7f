// SPDX-License-Identifier: Apache-2.0
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { REFERENCES } from '../../../infra/k3s-packaged/images.ts';

const SOURCES = join(import.meta.dirname, '../../../infra/k3s-compat/internal');

describe('images of what K3s packages', () => {
  it('are named as the stand-in’s own files name them, and it names no other', async () => {
    const named = new Set<string>();
    for await (const file of glob(`${SOURCES}/{packaged,servicelb,helmcontroller}/**/*.{yaml,go}`)) {
      const text = await readFile(file, 'utf8');
      for (const [, name] of text.matchAll(
        /^\s*(?:image: "%\{SYSTEM_DEFAULT_REGISTRY\}%|Image = ")([^"%]+)"/gm,
      ))
        named.add(`docker.io/${name}`);
    }
    expect([...named].toSorted()).to.deep.equal(Object.values(REFERENCES).toSorted());
  });
});
