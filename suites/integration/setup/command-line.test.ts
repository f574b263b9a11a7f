// SPDX-License-Identifier: Apache-2.0
import { type DisposableTempDir, mkdtempDisposable, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { IMAGES, releaseSite } from './release-site.ts';

const MAIN = join(REPO_ROOT, 'infra/setup/main.ts');
const FILES = { k3s: Buffer.from('#!/bin/sh\necho no\n'), [IMAGES]: Buffer.from('no images') };

/** Every case ends before anything is installed or built: cache and site are the test's own. */
describe('npm run setup, told wrongly', function setupToldWrongly() {
  this.timeout(60_000);
  let dir: DisposableTempDir;
  before(function () {
    needs(this, 'root');
  });
  beforeEach(async () => {
    dir = await mkdtempDisposable(join(tmpdir(), 'setup-'));
  });
  afterEach(async () => await dir[Symbol.asyncDispose]());

  // oxlint-disable-next-line typescript/explicit-function-return-type -- execa's result type is made from its options
  const setup = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    shell: readonly string[] = [],
  ) => {
    const [file = '', ...rest] = [...shell, process.execPath, MAIN, '--no-install', ...args];
    return execa(file, rest, {
      reject: false,
      stdin: 'ignore',
      env: { AIRGAP_CACHE: dir.path, AIRGAP_K3S: '', AIRGAP_K3S_RELEASES: '', no_proxy: '127.0.0.1', ...env },
    });
  };

  it('a release whose sum is wrong ends it before anything is built: exit code 2', async () => {
    await using site = await releaseSite(FILES);
    site.replace(IMAGES, Buffer.from('other images'));
    const { exitCode, stderr, stdout } = await setup(['--k3s-releases', site.base.href]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(
      /^setup: http\S+ is not what the release's sha256sum-amd64.txt says: .*\n {2}\S.*$/,
    );
    expect(stdout).to.contain('FAILED').and.not.contain('packages');
    expect(await readdir(join(dir.path, 'k3s-release'))).to.deep.equal([]);
  });

  it('ends without a word when nobody reads it any more', async () => {
    const script = '"$@" | exec true; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await setup(['--help'], {}, ['bash', '-c', script, 'bash']);
    expect([stdout, stderr]).to.deep.equal(['130', '']);
  });

  it('a site that lacks the release ends it: exit code 2', async () => {
    await using site = await releaseSite(FILES);
    const { exitCode, stderr } = await setup([], { AIRGAP_K3S_RELEASES: `${site.base.origin}/elsewhere/` });
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('/elsewhere/v1.36.3%2Bk3s1/sha256sum-amd64.txt: HTTP 404 Not Found');
  });

  it('killed in the middle of a download it leaves no release, and the next one goes on from there', async () => {
    await using site = await releaseSite({ ...FILES, [IMAGES]: Buffer.alloc(3_000_000, 'images') });
    site.behaviour.cut = { afterBytes: 2_000_000, times: 1, silently: true };
    const began = setup(['--k3s-releases', site.base.href]);
    const partial = async (): Promise<number> => {
      const names = await readdir(join(dir.path, 'downloads'), { recursive: true }).catch(() => []);
      const file = names.find((name) => name.endsWith(IMAGES));
      return file === undefined ? 0 : (await stat(join(dir.path, 'downloads', file))).size;
    };
    while ((await partial()) < 1_000_000) await sleep(20);
    began.kill('SIGKILL');
    await began;
    const whole = async (): Promise<string[]> =>
      (await readdir(join(dir.path, 'k3s-release'))).filter((name) => !name.startsWith('.'));
    expect(await whole()).to.deep.equal([]);

    site.requests.length = 0;
    const { exitCode, stderr } = await setup(['--k3s-releases', site.base.href]);
    expect(site.requests).to.have.length(2);
    expect(site.requests[1]).to.match(/^k3s-airgap-images-amd64.tar.zst bytes=[1-9]\d+-$/);
    // all of it came; that it is no K3s ends this setup
    expect({ exitCode, stderr }).to.have.property('exitCode', 2);
    expect(stderr).to.contain('is no K3s binary');
    expect(await readdir(join(dir.path, 'k3s-release'))).to.deep.equal([]);
  });

  it('a base URL that is none', async () => {
    for (const url of ['not a url', 'ftp://192.0.2.1/k3s', '/srv/k3s']) {
      const { exitCode, stderr } = await setup(['--k3s-releases', url]);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^setup: --k3s-releases ".*" is not a URL of http or https\n.*--stand-in$/);
    }
    const { stderr } = await setup([], { AIRGAP_K3S_RELEASES: 'k3s.example' });
    expect(stderr).to.match(/^setup: AIRGAP_K3S_RELEASES "k3s.example" is not a URL/);
  });

  it('two choices at once', async () => {
    const { exitCode, stderr } = await setup(['--stand-in', '--k3s-releases', 'http://127.0.0.1:1']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('--k3s, --k3s-releases and --stand-in exclude each other');
  });

  it('a cache that cannot be written to', async () => {
    await using site = await releaseSite(FILES);
    const script = `mount --bind "$AIRGAP_CACHE" "$AIRGAP_CACHE" &&
      mount -o remount,bind,ro "$AIRGAP_CACHE" && exec "$@"`;
    const sealed = ['unshare', '--mount', '--', 'sh', '-c', script, 'sh'];
    const empty = await setup(['--k3s-releases', site.base.href], {}, sealed);
    expect(empty.exitCode).to.equal(2);
    expect(empty.stderr).to.equal(
      `setup: cannot lock ${dir.path}/lock\n  AIRGAP_CACHE names the folder; it must be writable`,
    );
    await writeFile(join(dir.path, 'lock'), '');
    const locked = await setup(['--k3s-releases', site.base.href], {}, sealed);
    expect(locked.exitCode).to.equal(2);
    expect(locked.stderr).to.match(/^setup: cannot make \S+: read-only file system\n {2}\S.*writable$/);
    const below = await setup(['--stand-in'], { AIRGAP_CACHE: join(MAIN, 'cache') });
    expect(below.stderr).to.equal(
      `setup: cannot make ${join(MAIN, 'cache')}: not a directory\n  AIRGAP_CACHE names the folder; it must be writable`,
    );
  });
});
