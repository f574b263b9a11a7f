// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AssetCache } from '../../../../infra/setup/cache.ts';

const writeOne = async (folder: string, scratch: string): Promise<void> => {
  await writeFile(join(scratch, 'object'), 'on the way');
  await writeFile(join(folder, 'program'), 'one');
};
const mustNotRun = async (): Promise<never> => await Promise.reject(new Error('made again'));
const half = async (folder: string, scratch: string): Promise<void> => {
  await writeFile(join(scratch, 'object'), '');
  await writeFile(join(folder, 'half'), '');
  throw new Error('killed');
};
const daysAgo = (days: number): number => Date.now() / 1000 - days * 24 * 3600;

describe('AssetCache', () => {
  let root: string;
  let cache: AssetCache;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'asset-cache-'));
    cache = new AssetCache(root);
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  it('makes an asset once and gives the same folder from then on', async () => {
    const first = await cache.get('tool', 'k1', writeOne);
    const second = await cache.get('tool', 'k1', mustNotRun);
    expect([first.made, second.made]).to.deep.equal([true, false]);
    expect(second.folder).to.equal(first.folder);
    expect(await readFile(join(second.folder, 'program'), 'utf8')).to.equal('one');
    expect(await readdir(join(root, 'tool'))).to.deep.equal(['k1']);
  });

  it('has nothing under the key when making it failed, and makes it whole the next time', async () => {
    const failure = await cache.get('tool', 'k1', half).catch((error: unknown) => error);
    expect(String(failure)).to.equal('Error: killed');
    expect(await readdir(join(root, 'tool'))).to.not.include('k1');
    await cache.tidy();
    expect(await readdir(join(root, 'tool'))).to.deep.equal([]);
    const { folder } = await cache.get('tool', 'k1', writeOne);
    expect(await readdir(folder)).to.deep.equal(['program']);
  });

  it('tidies away what no setup used for a month and keeps the rest', async () => {
    await cache.get('tool', 'old', writeOne);
    await cache.get('tool', 'new', writeOne);
    await utimes(join(root, 'tool/old'), daysAgo(31), daysAgo(31));
    await utimes(join(root, 'tool/new'), daysAgo(29), daysAgo(29));
    await mkdir(join(root, 'logs'));
    await writeFile(join(root, 'logs/tool.log'), '');
    await cache.tidy();
    expect(await readdir(join(root, 'tool'))).to.deep.equal(['new']);
    expect(await readdir(join(root, 'logs'))).to.deep.equal(['tool.log']);
  });
});
