// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { agentSources, readAssets } from '../../../harness/core/assets.ts';
import type { Assets } from '../../../harness/core/assets.ts';
import { HarnessError } from '../../../harness/core/errors.ts';

describe('readAssets', () => {
  let repo: string;
  let assets: Assets;
  const write = async (content: unknown): Promise<void> => {
    await writeFile(join(repo, '.airgap/assets.json'), JSON.stringify(content));
  };
  const failureOf = async (): Promise<string> => {
    try {
      await readAssets(repo);
    } catch (error) {
      if (
        error instanceof HarnessError &&
        error.code === 'setup' &&
        error.hint?.startsWith('run: npm run setup')
      ) {
        return error.message;
      }
    }
    return 'no setup error with its hint';
  };

  beforeEach(async () => {
    repo = await mkdtemp(join(tmpdir(), 'assets-'));
    await mkdir(join(repo, '.airgap'));
    await mkdir(join(repo, 'rootfs'));
    await mkdir(join(repo, 'infra/node-agent'), { recursive: true });
    await writeFile(join(repo, 'infra/node-agent/main.go'), 'package main');
    for (const file of ['k3s', 'images.tar.zst', 'traefik.tar.zst', 'agent', 'helm', 'canary.tar'])
      await writeFile(join(repo, file), '');
    assets = {
      version: 1,
      k3s: {
        binary: join(repo, 'k3s'),
        images: [join(repo, 'images.tar.zst')],
        parts: { traefik: join(repo, 'traefik.tar.zst') },
        standIn: true,
        version: 'k3s version v1',
      },
      agent: join(repo, 'agent'),
      agentSources: await agentSources(repo),
      helm: join(repo, 'helm'),
      nodeImage: join(repo, 'rootfs'),
      nodeImageKey: '0123456789abcdef',
      canaryImage: join(repo, 'canary.tar'),
      canaryRef: 'airgap.local/canary:1',
    };
  });

  afterEach(async () => {
    await rm(repo, { recursive: true, force: true });
  });

  it('gives what setup wrote', async () => {
    await write(assets);
    expect(await readAssets(repo)).to.deep.equal(assets);
  });

  it('says to run setup when it has not run, or was another version', async () => {
    const file = join(repo, '.airgap/assets.json');
    expect(await failureOf()).to.equal(`what setup makes is missing: ${file} does not exist`);
    await write({ ...assets, version: 2 });
    expect(await failureOf()).to.equal(`what setup makes is missing: ${file} is of another version of setup`);
    await writeFile(file, '{');
    expect(await failureOf()).to.contain(`${file} is no JSON`);
  });

  it('says to run setup when the helper program is of other sources than those that are here', async () => {
    await write(assets);
    await writeFile(join(repo, 'infra/node-agent/main_test.go'), 'package main');
    expect(await readAssets(repo)).to.deep.equal(assets);
    await writeFile(join(repo, 'infra/node-agent/main.go'), 'package main // and more');
    expect(await failureOf()).to.equal(
      'what setup made is of another state of the project: infra/node-agent has changed',
    );
  });

  for (const gone of ['k3s', 'images.tar.zst', 'traefik.tar.zst', 'agent', 'rootfs', 'canary.tar']) {
    it(`names ${gone} when it is gone from the cache`, async () => {
      await write(assets);
      await rm(join(repo, gone), { recursive: true });
      expect(await failureOf()).to.equal(
        `what setup makes is missing: ${join(repo, gone)}, which ${join(repo, '.airgap/assets.json')} names, is gone`,
      );
    });
  }
});
