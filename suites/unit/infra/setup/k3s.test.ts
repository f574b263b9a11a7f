// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { givenK3s } from '../../../../infra/setup/k3s.ts';

describe('givenK3s', () => {
  let folder: string;
  let binary: string;
  const failureOf = async (): Promise<string> =>
    await givenK3s(binary).then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : 'no error'),
    );
  const writeProgram = async (output: string): Promise<void> => {
    await writeFile(binary, `#!/bin/sh\necho '${output}'\necho 'go version go1.26.8'\n`);
    await chmod(binary, 0o755);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'given-k3s-'));
    binary = join(folder, 'k3s');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('takes a K3s and the platform image archives beside it, in whatever compression', async () => {
    await writeProgram('k3s version v1.36.3+k3s1 (0123abcd)');
    for (const name of ['k3s-airgap-images-amd64.tar.zst', 'k3s-airgap-images-amd64.tar', 'k3s-images.txt']) {
      await writeFile(join(folder, name), '');
    }
    expect(await givenK3s(binary)).to.deep.equal({
      binary,
      images: [join(folder, 'k3s-airgap-images-amd64.tar'), join(folder, 'k3s-airgap-images-amd64.tar.zst')],
      standIn: false,
      version: 'k3s version v1.36.3+k3s1 (0123abcd)',
    });
  });

  it('refuses what is missing, what cannot be run, and what is another program', async () => {
    expect(await failureOf()).to.equal(`${binary} is no K3s binary: it could not be run`);
    await writeFile(binary, 'not executable');
    expect(await failureOf()).to.equal(`${binary} is no K3s binary: it could not be run`);
    await writeProgram('busybox 1.37');
    expect(await failureOf()).to.equal(`${binary} is no K3s binary: "k3s --version" said "busybox 1.37"`);
  });

  it('refuses a K3s without its images: a node without a way out could not start', async () => {
    await writeProgram('k3s version v1.36.3+k3s1 (0123abcd)');
    expect(await failureOf()).to.equal(
      `no k3s-airgap-images-*.tar* lies beside ${binary}, so its nodes could not start`,
    );
  });
});
