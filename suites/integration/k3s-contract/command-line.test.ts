// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { type ContractK3s, contractK3s } from './contract-k3s.ts';

describe('K3s contract: command line', () => {
  let contract: ContractK3s;
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    contract = await contractK3s();
  });
  after(async () => await contract?.[Symbol.asyncDispose]());

  it('--version is one line that starts with "k3s version", and says "stand-in" exactly when it is one', async () => {
    const { exitCode, stdout } = await contract.k3s('--version');
    expect(exitCode).to.equal(0);
    expect(stdout.split('\n')[0]).to.match(/^k3s version v\d+\.\d+\.\d+\+\S+ \(/);
    if ((process.env['AIRGAP_K3S'] ?? '') === '') {
      expect(contract.standIn).to.equal((await readAssets(REPO_ROOT)).k3s.standIn);
    }
  });

  it('an unknown flag is refused by its name', async () => {
    const { exitCode, stdout, stderr } = await contract.k3s('server', '--no-such-flag=1');
    expect(exitCode).to.equal(1);
    expect(stdout + stderr).to.contain('no-such-flag');
  });

  it('an unknown key of a config file is named', async () => {
    const file = '/run/unknown.yaml';
    await contract.node.writeFile(file, 'no-such-key: 1\n');
    const { exitCode, stdout, stderr } = await contract.node.exec(
      [K3S.binary, 'server', '--config', file, '--node-ip', 'nonsense'],
      { timeoutMs: 30_000 },
    );
    expect(stdout + stderr).to.contain('no-such-key');
    expect(exitCode).not.to.equal(0);
  });

  it('a config file that was asked for must exist', async () => {
    const { exitCode, stdout, stderr } = await contract.k3s('server', '--config', '/run/missing.yaml');
    expect(exitCode).to.equal(1);
    expect(stdout + stderr).to.contain('/run/missing.yaml');
  });

  it('without a default route and without an address given it does not start', async () => {
    await contract.node.writeFile('/run/empty.yaml', '');
    const { exitCode, stdout, stderr } = await contract.node.exec(
      [K3S.binary, 'server', '--config', '/run/empty.yaml', '--data-dir', '/run/unused'],
      { timeoutMs: 30_000 },
    );
    expect(exitCode).to.equal(1);
    expect(stdout + stderr).to.match(/default route/i);
  });
});
