// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { dockerd } from './far-engine.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

const HOLDER = join(import.meta.dirname, 'hold-node.ts');
/** Other tests of this process may use another engine: testcontainers keeps one for the life of a process. */
const STATE = `/var/tmp/agr-own-${process.pid}`;
const airgap = async (...args: readonly string[]): Promise<string> => {
  const env = { AIRGAP_STATE_DIR: STATE, DOCKER_HOST: '' };
  const { all } = await execa('node', ['harness/cli/main.ts', ...args], {
    cwd: REPO_ROOT,
    env,
    all: true,
    reject: false,
  });
  return all;
};

describe('a Docker of the harness’s own', () => {
  before(function () {
    needs(this, 'root', 'netns', 'k3s', 'dockerd');
    if (existsSync('/var/run/docker.sock')) {
      console.log('SKIPPED: this machine runs a Docker, which is used instead');
      this.skip();
    }
  });
  after(async () => await rm(STATE, { recursive: true, force: true }));

  it('is started when a node needs it, makes no network on the machine, and ends with sweep --images', async () => {
    await mkdir(STATE, { recursive: true });
    const links = async (): Promise<string> => (await execa('ls', ['/sys/class/net'])).stdout;
    const rules = async (): Promise<string> => (await execa('nft', ['list', 'ruleset'])).stdout;
    const before = { links: await links(), rules: await rules() };
    const holder = spawn('node', [HOLDER], {
      env: { ...process.env, AIRGAP_STATE_DIR: STATE, DOCKER_HOST: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data'); // its session's id: the node is up
    expect({ links: await links(), rules: await rules() }).to.deep.equal(before);
    // In use: neither image nor daemon go.
    expect(await airgap('sweep', '--images')).not.to.include('removed');
    holder.kill('SIGKILL');
    await ended;
    const said = await airgap('sweep', '--images');
    // An image goes when no container uses it: those of the killed run are gone, by this sweep or by one that was quicker.
    expect(said).to.match(/removed airgap\.local\/node:[0-9a-f]{16}\n/);
    expect(said).to.include('removed the harness’s own Docker');
    await sleep(100);
    const { stdout: processes } = await execa('ps', ['-eo', 'args']);
    expect(processes).not.to.include(join(STATE, 'engine'));
    expect(await airgap('sweep', '--images')).to.equal('nothing to sweep');
  });

  it('an engine whose processes are not this machine’s is refused, with what to do', async () => {
    // A Docker in a PID namespace of its own counts processes otherwise; kernel and host name tell nothing of it.
    const folder = `${STATE}-far`;
    const { argv, socket } = await dockerd(folder);
    const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc', '--', ...argv];
    const far = execa('unshare', unshare, { reject: false, stdio: 'ignore' });
    try {
      for (let tries = 0; tries < 200 && !existsSync(socket); tries += 1) await sleep(50);
      const env = { AIRGAP_STATE_DIR: STATE, DOCKER_HOST: `unix://${socket}` };
      const { stderr, exitCode } = await execa('node', [HOLDER], { env, reject: false });
      expect(exitCode).not.to.equal(0);
      expect(stderr).to.include('the container engine does not run among this machine’s processes');
      expect(stderr).to.include('use an engine of this machine');
      const { stdout } = await execa('docker', ['-H', `unix://${socket}`, 'ps', '-aq']);
      expect(stdout).to.equal('');
    } finally {
      far.kill('SIGKILL');
      await far;
      await execa(
        'sh',
        ['-c', `sleep 1; umount ${folder}/data/overlay2/*/merged 2>/dev/null; rm -rf ${folder}`],
        { reject: false },
      );
    }
  });

  it('a DOCKER_HOST where nothing answers is said so, and no other engine is taken', async () => {
    const env = { AIRGAP_STATE_DIR: STATE, DOCKER_HOST: 'unix:///run/no-such.sock' };
    const { stderr } = await execa('node', [HOLDER], { env, reject: false });
    expect(stderr).to.include('DOCKER_HOST is unix:///run/no-such.sock, but no engine answers there');
  });
});
