// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { lockFile } from '../../../../infra/setup/lock.ts';

describe('lockFile', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setup-lock-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('makes the second one wait, and tell so once, until the first one is done', async () => {
    const order: string[] = [];
    const path = join(folder, 'below/lock');
    const first = await lockFile(path, () => order.push('the first waits'));
    const waits = Promise.withResolvers<void>();
    const second = lockFile(path, () => {
      order.push('the second waits');
      waits.resolve();
    });
    await waits.promise;
    order.push('the first is done');
    await first[Symbol.asyncDispose]();
    await (await second)[Symbol.asyncDispose]();
    expect(order).to.deep.equal(['the second waits', 'the first is done']);
  });

  it('is free again when its holder was killed', async () => {
    const path = join(folder, 'lock');
    const module = pathToFileURL(join(import.meta.dirname, '../../../../infra/setup/lock.ts')).href;
    const script = `const { lockFile } = await import('${module}'); await lockFile('${path}', () => {}); console.log('held');`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const waited: boolean[] = [];
    const next = lockFile(path, () => {
      waited.push(true);
      holder.kill('SIGKILL');
    });
    await (await next)[Symbol.asyncDispose]();
    expect(waited).to.deep.equal([true]);
  });
});
