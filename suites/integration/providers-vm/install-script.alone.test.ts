// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect } from 'chai';
import type { ExecResult } from '../../../harness/core/command.ts';
import { bootSite, sh, type TestNode } from '../providers/fixture.ts';
import { needsProvider, REPO_ROOT } from '../support/needs.ts';

const SCRIPT = '/opt/install.sh';
/** Stands for K3s: says how it was called, and runs on. */
const PROGRAM = `#!/bin/sh
printf '<%s>' "$@" >/run/called
env | grep -E '^(K3S|OTHER)_' | sort >/run/environment
exec sleep 3600
`;

describe('the stand-in’s install script on a virtual machine', function () {
  this.timeout(300_000);
  let site: TestNode;
  before(async function () {
    await needsProvider(this, 'vm');
    site = await bootSite({ provider: 'vm' });
    await site.node.upload(join(REPO_ROOT, 'infra/k3s-compat/install.sh'), SCRIPT);
    await site.node.writeFile('/opt/bin/k3s', PROGRAM, 0o755);
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  const install = async (
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Promise<ExecResult> =>
    await site.node.exec(['sh', SCRIPT, ...args], { env: { INSTALL_K3S_BIN_DIR: '/opt/bin', ...env } });

  it('refuses what it cannot do, and changes nothing', async () => {
    const download = await install({});
    expect([download.exitCode, download.stderr]).to.deep.equal([
      1,
      '[ERROR]  the stand-in is never downloaded: set INSTALL_K3S_SKIP_DOWNLOAD=true and put k3s into its folder\n',
    ]);
    const missing = await install({ INSTALL_K3S_SKIP_DOWNLOAD: 'true', INSTALL_K3S_BIN_DIR: '/nowhere' });
    expect(missing.stderr).to.include('/nowhere/k3s is not there');
    const agent = await install({ INSTALL_K3S_SKIP_DOWNLOAD: 'true', K3S_URL: 'https://192.0.2.1:6443' });
    expect(agent.stderr).to.include('K3S_URL needs K3S_TOKEN or K3S_TOKEN_FILE');
    expect(await sh(site.node, 'ls /etc/systemd/system | grep k3s || echo none')).to.equal('none');
  });

  it('makes a service of the name, with words and environment as they were given, enabled and started', async () => {
    const args = ['--flag', 'a b', '50%', '$HOME', "it's"];
    const result = await install(
      {
        INSTALL_K3S_SKIP_DOWNLOAD: 'true',
        INSTALL_K3S_NAME: 'test',
        INSTALL_K3S_TYPE: 'exec',
        INSTALL_K3S_EXEC: 'server --first',
        K3S_TOKEN: 'secret',
        OTHER_THING: 'not for it',
      },
      args,
    );
    expect(result.exitCode, result.stderr).to.equal(0);
    expect(
      await sh(site.node, 'until [ -e /run/environment ]; do sleep 0.2; done; cat /run/called'),
    ).to.equal(`<server><--first>${args.map((word) => `<${word}>`).join('')}`);
    expect(await sh(site.node, 'cat /run/environment')).to.equal('K3S_TOKEN=secret');
    expect(
      await sh(
        site.node,
        'systemctl is-enabled k3s-test; systemctl is-active k3s-test; stat -c %a /etc/systemd/system/k3s-test.service.env; readlink /opt/bin/kubectl',
      ),
    ).to.equal('enabled\nactive\n600\nk3s');
  });

  it('neither enables nor starts what is not to be', async () => {
    const env = { INSTALL_K3S_SKIP_DOWNLOAD: 'binary', INSTALL_K3S_TYPE: 'exec' };
    await install({ ...env, INSTALL_K3S_NAME: 'still', INSTALL_K3S_SKIP_ENABLE: 'true' });
    await install({ ...env, INSTALL_K3S_NAME: 'later', INSTALL_K3S_SKIP_START: 'true' });
    const states =
      'for unit in still later; do systemctl is-enabled k3s-$unit || :; systemctl is-active k3s-$unit || :; done';
    expect((await sh(site.node, states)).split('\n')).to.deep.equal([
      'disabled',
      'inactive',
      'enabled',
      'inactive',
    ]);
  });
});
