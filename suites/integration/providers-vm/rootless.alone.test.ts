// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type DisposableTempDir, mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { airgap, phaseBegins } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';
import { asUser, USER, WITHOUT_NAMESPACES } from './as-user.ts';

const IN_NAMESPACES = join(import.meta.dirname, 'in-own-namespaces.ts');
const HOLD = join(import.meta.dirname, 'hold-vm.ts');
const NODE_TEST = join(import.meta.dirname, 'vm-node.alone.test.ts');
const MOCHA = ['--no-config', '--extension', 'ts', '--timeout', '300000', '--bail'];

/** Command lines of what runs as the user, by whatever parent. */
async function processes(): Promise<string[]> {
  const { stdout } = await execa('ps', ['-o', 'args=', '-u', String(USER)], { reject: false });
  return stdout.split('\n').filter((line) => line !== '');
}

/** The kernel ends them one after the other. */
async function noneIsLeft(): Promise<void> {
  for (let tries = 0; tries < 50 && (await processes()).length > 0; tries += 1) await sleep(100);
  expect(await processes()).to.deep.equal([]);
}

describe('a virtual machine of a user without root', function () {
  this.timeout(600_000);
  let home: DisposableTempDir;
  let user: string[];
  before(async function () {
    needs(this, 'root', 'netns', 'vm');
    home = await mkdtempDisposable(join(tmpdir(), 'agr-user-')); // short: sockets lie below it
    user = await asUser(home.path);
  });
  after(async () => await home?.remove());
  const sessions = async (): Promise<string[]> =>
    await readdir(join(home.path, '.local/state/airgap-readiness/sessions')).catch(() => []);

  it('is what doctor says works here, and nothing else', async () => {
    const { stdout, exitCode } = await airgap(['doctor', '--json'], {}, user);
    const { providers, capabilities } = JSON.parse(stdout) as {
      providers: { id: string; ok: boolean; missing: string[] }[];
      capabilities: { id: string; reason: string }[];
    };
    expect(exitCode).to.equal(0);
    expect(providers.map(({ id, ok }) => [id, ok])).to.deep.equal([
      ['netns', false],
      ['container', false],
      ['vm', true],
    ]);
    for (const { id, missing } of providers) if (id !== 'vm') expect(missing).to.include('root');
    const reasons = new Map(capabilities.map(({ id, reason }) => [id, reason]));
    expect(reasons.get('root')).to.equal(`effective user id is ${USER}`);
    expect(reasons.get('user-namespace')).to.match(/^root of namespaces of its own/);
    expect(await sessions()).to.deep.equal([]);
  });

  it('needs /dev/net/tun: one error, exit code 3, with what mends it, and no results', async () => {
    const closed = await asUser(home.path, '0600');
    const out = join(home.path, 'closed');
    const args = ['test', 'examples/clean', '--provider', 'vm', '--out', out];
    const { exitCode, stderr } = await airgap(args, {}, closed);
    expect(exitCode, stderr).to.equal(3);
    expect(stderr).to.contain('vm-tap: /dev/net/tun cannot be opened: permission denied');
    expect(stderr).to.contain('what to do: run: sudo chmod 0666 /dev/net/tun');
    expect(existsSync(out)).to.equal(false);
  });

  it('needs namespaces: one error, exit code 3, with the setting that forbids them', async () => {
    const args = ['test', 'examples/clean', '--provider', 'vm', '--out', join(home.path, 'refused')];
    const { exitCode, stderr } = await airgap(args, {}, [...user, ...WITHOUT_NAMESPACES]);
    expect(exitCode, stderr).to.equal(3);
    expect(stderr).to.contain('(user.max_user_namespaces is 0)');
    expect(stderr).to.contain('what to do: run: sudo sysctl -w user.max_user_namespaces=15000');
  });

  it('cannot be kept: exit code 2', async () => {
    const args = ['test', 'examples/clean', '--provider', 'vm', '--keep'];
    const { exitCode, stderr } = await airgap(args, {}, user);
    expect(exitCode, stderr).to.equal(2);
    expect(stderr).to.contain('--keep needs root');
  });

  it('boots, runs programs, has no way out, is watched inside and on its link, loses its power, leaves nothing', async () => {
    const node = process.execPath;
    const mocha = join(import.meta.dirname, '../../../node_modules/.bin/mocha');
    const [file, ...args] = [...user, node, IN_NAMESPACES, node, mocha, ...MOCHA, NODE_TEST];
    const env = { AIRGAP_REQUIRE: 'root,netns,vm' }; // nothing may be skipped
    const { exitCode, all } = await execa(file, args, { env, all: true, reject: false, stdin: 'ignore' });
    expect(exitCode, all).to.equal(0);
    expect(all).to.match(/\b10 passing/);
    expect(await sessions()).to.deep.equal([]);
    await noneIsLeft();
  });

  it('ends with its harness, killed at once; its folder is left, which a sweep of the user removes', async () => {
    const [file, ...args] = [...user, process.execPath, IN_NAMESPACES, process.execPath, HOLD];
    const harness = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [id] = (await once(createInterface({ input: harness.stdout }), 'line')) as [string];
    expect((await processes()).join('\n')).to.contain(`qemu-system-x86_64 -name agr-${id}-n1`);
    expect((await airgap(['sweep'], {}, user)).stdout, 'it lives').to.equal('nothing to sweep');
    harness.kill('SIGKILL');
    await once(harness, 'exit');
    await noneIsLeft();
    expect(await sessions()).to.deep.equal([id]);
    const { stdout } = await airgap(['sweep'], {}, user);
    expect(stdout).to.match(new RegExp(`^removed state .*/${id}\\n1 thing\\(s\\) removed$`));
    expect(await sessions()).to.deep.equal([]);
  });

  it('is removed in order when the command outside alone is told to end: exit code 130', async () => {
    needs(this.ctx, 'k3s');
    const out = join(home.path, 'ended');
    const run = airgap(['test', 'examples/clean', '--provider', 'vm', '--out', out], {}, user);
    await phaseBegins(out, 'provision');
    process.kill(run.pid ?? 0, 'SIGTERM'); // execa's own kill follows it with SIGKILL
    const { exitCode, all } = await run;
    expect(exitCode, all).to.equal(130);
    expect(await sessions()).to.deep.equal([]);
    await noneIsLeft();
  });
});
