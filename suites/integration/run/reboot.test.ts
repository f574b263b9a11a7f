// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { inspect } from '../../../harness/run/inspect.ts';
import { Run } from '../../../harness/run/run.ts';
import { connectScript } from '../provider-contract/connect-script.ts';
import { sh } from '../providers/fixture.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

describe('a node that is started again in the middle of a run', () => {
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('is watched as before: what it then reaches for is in the report, with its process', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-reboot-'));
    const inspected = await inspect(join(REPO_ROOT, 'examples/clean'), {
      gatePath: null,
      quietMs: 1000,
      settleTimeoutMs: 120_000,
      memoryMiB: 4096,
    });
    const run = await Run.begin(inspected, {
      id: 'reboot',
      outDir: join(dir.path, 'run'),
      provider: { id: 'netns', why: 'a test' },
      assets: await readAssets(REPO_ROOT),
      k3s: null,
      standIn: false,
      nodeImage: null,
      cache: cacheRoot(process.env),
      faults: [],
      filtered: true,
      keep: false,
      version: 'test',
      signal: new AbortController().signal,
    });
    try {
      await run.reach('provision');
      const { node } = run.site;
      await node.reboot();
      await sh(node, connectScript('203.0.113.14', 85));
    } finally {
      await run.teardown();
    }
    const { attempts } = await run.finish('complete');
    const found = attempts.filter(({ destination }) => destination.address === '203.0.113.14');
    expect(found.map(({ source }) => source.process.exe?.split('/').pop())).to.deep.equal(['perl']);
  });
});
